package io.ballast.examples.service;

import io.ballast.Ballast;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Fine-tunes models and lets them write, over HTTP. */
@SpringBootApplication
public class Service {
    /** @param arguments Spring's own, such as {@code --service.model=FOLDER} */
    public static void main(String[] arguments) {
        SpringApplication.run(Service.class, arguments);
    }

    /** The one Ballast of this JVM; Spring closes it after whatever was given it. */
    @Bean
    Ballast ballast(@Value("${service.waiting-runs}") int waitingRuns,
            @Value("${service.requests-at-once}") int requestsAtOnce,
            @Value("${service.waiting-requests}") int waitingRequests,
            @Value("${service.time-limit}") Duration timeLimit) {
        return Ballast.builder().waitingRuns(waitingRuns).requestsAtOnce(requestsAtOnce)
                .waitingRequests(waitingRequests).timeLimit(timeLimit).open();
    }
}
