package io.ballast.tracking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.MeterRegistry;
import io.ballast.RunEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MicrometerListenerTest {
    @TempDir
    Path folder;
    private final MeterRegistry registry = new SimpleMeterRegistry();

    private double gauge(String name) {
        return registry.get(name).tags("experiment", "boats").gauge().value();
    }

    @Test
    void gaugesShowTheLastStepAndCountersEveryOneOfSeveralRuns() {
        MicrometerListener listener = new MicrometerListener(registry);
        Events.tell(listener, "boats", folder, "stopped");
        Events.tell(listener, "boats", folder, "completed");
        assertEquals(1.5, gauge("ballast.loss"));
        assertEquals(0.25, gauge("ballast.penalty"));
        assertEquals(2e-5, gauge("ballast.learning.rate"));
        assertEquals(100, gauge("ballast.tokens.per.second"));
        assertEquals(7.5, registry.get("ballast.score")
                .tags("stage", "domain", "task", "boats", "metric", "perplexity").gauge().value());
        assertEquals(20, registry.get("ballast.steps").tags("phase", "domain").counter().count());
        assertEquals(1, registry.get("ballast.runs").tags("status", "completed").counter().count());
        assertEquals(1, registry.get("ballast.runs").tags("status", "stopped").counter().count());
    }

    @Test
    void aResumedRunCountsTheStepsThatItMakes() {
        MicrometerListener listener = new MicrometerListener(registry);
        Events.tell(listener, "boats", folder, "stopped");
        listener.event(new RunEvent(Events.TIME, "started", "", 0, Map.of("name", "boats")));
        listener.event(new RunEvent(Events.TIME, "phase", "domain", 6, Map.of("steps", 10L)));
        listener.event(new RunEvent(Events.TIME, "step", "domain", 9, Map.of("steps", 10L)));
        assertEquals(13, registry.get("ballast.steps").tags("phase", "domain").counter().count());
    }

    @Test
    void metersOfExperimentsStandBesideEachOther() {
        MicrometerListener listener = new MicrometerListener(registry);
        Events.tell(listener, "boats", folder, "completed");
        Events.tell(listener, "trains", folder, "completed");
        assertEquals("boats trains", registry.get("ballast.loss").gauges().stream()
                .map(gauge -> gauge.getId().getTag("experiment")).sorted().collect(Collectors.joining(" ")));
    }

    @Test
    void aRegistryThatFailsDoesNotEndTheRun() {
        Events.tell(new MicrometerListener(new SimpleMeterRegistry() {
            @Override
            protected io.micrometer.core.instrument.Counter newCounter(
                    io.micrometer.core.instrument.Meter.Id id) {
                throw new IllegalStateException("full");
            }
        }), "boats", folder, "completed");
    }
}
