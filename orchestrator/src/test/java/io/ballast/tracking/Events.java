package io.ballast.tracking;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The events of a short run, as a run has them. */
final class Events {
    static final Instant TIME = Instant.parse("2026-01-02T03:04:05Z");

    private Events() {
    }

    /** Tells a listener of a run: two logged steps out of ten, one score, and the end. */
    static void tell(RunListener listener, String experiment, Path folder, String status) {
        write(folder.resolve("experiment.json"), "{\"name\": \"" + experiment
                + "\", \"domain\": {\"learningRate\": 2e-5, \"steps\": null}, \"retention\": {\"lambda\": 30}}");
        tell(listener, "started", "", 0, Map.of("name", experiment, "folder", folder.toString()));
        tell(listener, "phase", "domain", 0, Map.of("steps", 10L));
        tell(listener, "step", "domain", 1, Map.of("steps", 10L, "loss", 3.5, "penalty", 0.0, "learningRate", 1e-5,
                "gradientNorm", 2.0, "tokensPerSecond", 90.0));
        tell(listener, "step", "domain", 10, Map.of("steps", 10L, "loss", 1.5, "penalty", 0.25, "learningRate", 2e-5,
                "gradientNorm", 1.0, "tokensPerSecond", 100.0));
        tell(listener, "scores", "domain", 0, Map.of("scores", List.of(
                new Score("domain", "boats", Role.GENERAL, "perplexity", 7.5, null, 16, false))));
        write(folder.resolve("result.json"), "{}");
        tell(listener, "finished", "", 0, Map.of("status", status));
    }

    private static void tell(RunListener listener, String type, String phase, long step, Map<String, Object> fields) {
        listener.event(new RunEvent(TIME, type, phase, step, fields));
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
