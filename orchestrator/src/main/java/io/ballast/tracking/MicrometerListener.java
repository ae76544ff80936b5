package io.ballast.tracking;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.eval.Score;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Keeps meters of runs in a Micrometer registry. One serves all runs of a {@link io.ballast.Ballast}, which go one
 * after another; it wants {@code io.micrometer:micrometer-core}.
 *
 * <ul>
 * <li>gauges {@code ballast.loss} (nats per token), {@code ballast.penalty}, {@code ballast.gradient.norm},
 * {@code ballast.learning.rate}, {@code ballast.tokens.per.second}: the last logged step's, tags experiment and phase
 * <li>gauge {@code ballast.score}: tags experiment, stage, task and metric
 * <li>counter {@code ballast.steps}: tags experiment and phase
 * <li>counter {@code ballast.runs}: tags experiment and status (completed, stopped, failed)
 * </ul>
 *
 * <p>An experiment's name becomes a tag: give experiments names of which there are few.
 */
public final class MicrometerListener implements RunListener {
    private static final Map<String, String> GAUGES = Map.of("loss", "ballast.loss", "penalty", "ballast.penalty",
            "gradientNorm", "ballast.gradient.norm", "learningRate", "ballast.learning.rate", "tokensPerSecond",
            "ballast.tokens.per.second");

    private final MeterRegistry registry;
    private final HarmlessListener harmless = new HarmlessListener("Micrometer", this::measure);
    /** Gauges ask for their numbers, on any thread. */
    private final Map<Meter.Id, AtomicReference<Double>> values = new HashMap<>();
    private String experiment = "";
    private long countedSteps;

    /** @param registry gets the meters */
    public MicrometerListener(MeterRegistry registry) {
        this.registry = Objects.requireNonNull(registry, "registry");
    }

    @Override
    public void event(RunEvent event) {
        harmless.event(event);
    }

    private void measure(RunEvent event) {
        switch (event.type()) {
            case "started" -> experiment = String.valueOf(event.fields().get("name"));
            case "phase" -> countedSteps = event.step(); // of a resumed run those made before
            case "step" -> step(event);
            case "scores" -> scores(event);
            case "finished" -> registry.counter("ballast.runs",
                    tags().and("status", String.valueOf(event.fields().get("status")))).increment();
            default -> { }
        }
    }

    private void step(RunEvent event) {
        Tags tags = tags().and("phase", event.phase());
        registry.counter("ballast.steps", tags).increment(event.step() - countedSteps);
        countedSteps = event.step();
        GAUGES.forEach((field, name) -> {
            if (event.fields().get(field) instanceof Number number) {
                set(name, tags, number.doubleValue());
            }
        });
    }

    private void scores(RunEvent event) {
        for (Object line : (List<?>) event.fields().get("scores")) {
            if (line instanceof Score score) {
                set("ballast.score", tags().and("stage", score.stage(), "task", score.task(), "metric", score.metric()),
                        score.value());
            }
        }
    }

    private Tags tags() {
        return Tags.of("experiment", experiment);
    }

    private void set(String name, Tags tags, double value) {
        values.computeIfAbsent(new Meter.Id(name, tags, null, null, Meter.Type.GAUGE), id -> {
            AtomicReference<Double> last = new AtomicReference<>(value);
            Gauge.builder(name, last, AtomicReference::get).tags(tags).register(registry);
            return last;
        }).set(value);
    }
}
