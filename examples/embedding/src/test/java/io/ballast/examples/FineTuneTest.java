package io.ballast.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The application as its user starts it: a JVM of its own. */
class FineTuneTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final int ENDED_BY_SIGTERM = 143;

    @TempDir
    Path folder;

    private Process application(int steps) throws IOException, InterruptedException {
        Process models = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("python-ext/tests/tiny_models.py").toString(), folder.toString(), "llama-tied")
                .redirectErrorStream(true).start();
        String output = new String(models.getInputStream().readAllBytes());
        assertEquals(0, models.waitFor(), output);
        Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, 16)
                .mapToObj(i -> "{\"text\": \"Boat %d went down river %d.\"}".formatted(i, i * 5 % 16))
                .collect(Collectors.joining("\n")));
        Files.writeString(folder.resolve("experiment.json"), """
                { "name": "embedded", "output": "runs", "model": {"path": "llama-tied", "device": "cpu"},
                  "domain": {"data": [{"path": "rows.jsonl", "text": "{text}"}], "steps": %d, "batchSize": 4,
                             "learningRate": 1e-3, "loggingSteps": 1},
                  "evaluation": {"general": [{"name": "boats", "perplexity": "rows.jsonl"}]} }
                """.formatted(steps));
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                FineTune.class.getName(), folder.resolve("experiment.json").toString(), "Boat 3 went")
                .directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().remove("BALLAST_HOME"); // the jar brings its own Python package
        builder.environment().put("BALLAST_PYTHON", HOME.resolve(".venv/bin/python").toString());
        return builder.start();
    }

    @Test
    void applicationTrainsAndSaysWhatWasForgotten() throws Exception {
        Process application = application(3);
        String output = new String(application.getInputStream().readAllBytes());
        assertEquals(0, application.waitFor(), output);
        assertTrue(output.contains("domain step 3 of 3"), output);
        assertTrue(output.contains("forgotten of boats: perplexity"), output);
        assertTrue(output.contains("\nBoat 3 went"), output);
    }

    @Test
    void terminationSignalLetsTheRunWriteWhatItHas() throws Exception {
        Process application = application(1_000_000);
        List<String> output = new ArrayList<>();
        try (BufferedReader lines = application.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
                if (line.startsWith("domain step 3 ")) {
                    application.toHandle().destroy(); // Process.destroy would close the stream that is read here
                }
            }
        }
        assertEquals(ENDED_BY_SIGTERM, application.waitFor(), () -> String.join("\n", output));
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            Path run = runs.findFirst().orElseThrow();
            assertTrue(Files.readString(run.resolve("result.json")).contains("\"status\": \"stopped\""));
            assertTrue(Files.exists(run.resolve("model/model.safetensors")));
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertFalse(files.anyMatch(file -> file.getFileName().toString().startsWith("hs_err")),
                    "the JVM crashed while it ended");
        }
    }
}
