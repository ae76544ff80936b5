package io.ballast.examples.service;

import io.ballast.Ballast;
import java.time.Duration;
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
    Ballast ballast() {
        return Ballast.builder().waitingRuns(8).timeLimit(Duration.ofMinutes(2)).open();
    }
}
