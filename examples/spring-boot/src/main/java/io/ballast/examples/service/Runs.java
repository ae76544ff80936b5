package io.ballast.examples.service;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.Run;
import io.ballast.RunListener;
import io.ballast.tracking.MicrometerListener;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/** The runs that this process started, by their ids. They are forgotten when it ends; their folders stay. */
@Component
class Runs {
    private static final Logger LOG = LoggerFactory.getLogger(Runs.class);

    private final Ballast ballast;
    private final RunListener metrics;
    private final Map<String, StartedRun> runs = new ConcurrentHashMap<>();

    Runs(Ballast ballast, MeterRegistry registry) {
        this.ballast = ballast;
        this.metrics = new MicrometerListener(registry);
    }

    StartedRun start(Experiment experiment) {
        RunEvents events = new RunEvents();
        Run run = ballast.start(experiment, events.andThen(metrics));
        run.future().whenComplete((result, failure) -> {
            if (failure != null && !run.isCancelled()) {
                LOG.warn("{} did not complete", run.folder(), failure);
            }
            events.end();
        });
        StartedRun started = new StartedRun(UUID.randomUUID().toString(), run, events);
        runs.put(started.id(), started);
        return started;
    }

    StartedRun get(String id) {
        StartedRun started = runs.get(id);
        if (started == null) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "Expected the id of a run that was started since"
                    + " this service was; found '" + id + "'. POST /runs answers with one.");
        }
        return started;
    }

    /** Ballast waits for its runs when it is closed, which is after this. */
    @PreDestroy
    void cancelAll() {
        runs.values().forEach(started -> started.run().cancel());
    }
}
