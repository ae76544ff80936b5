package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
    @TempDir
    Path folder;
    private String experiment;

    @BeforeEach
    void writeExperiment() throws IOException {
        experiment = TinyExperiment.write(folder).toString();
    }

    private Path runFolder() throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            return runs.findFirst().orElseThrow();
        }
    }

    @Test
    void jsonIsTheResultAndNothingElseAndTheRunFolderHasAReport() throws IOException {
        Typed typed = Typed.run("run", experiment, "--json");
        assertEquals(0, typed.code(), typed.err());
        JsonObject result = JsonParser.parseString(typed.out()).getAsJsonObject();
        assertEquals("completed", result.get("status").getAsString());
        assertEquals(JsonParser.parseString(Files.readString(runFolder().resolve(Result.FILE))), result);
        assertTrue(Files.exists(runFolder().resolve("report.html")));
        assertTrue(typed.err().contains("general phase: 3 steps"), typed.err());
        assertTrue(typed.err().contains("domain  4/4"), typed.err());
    }

    @Test
    void forAPersonTheAnswerIsTheTableAndTheReport() throws IOException {
        Typed typed = Typed.run("run", experiment, "--quiet", "--set", "retention.method=none");
        assertEquals(0, typed.code(), typed.err());
        for (String part : List.of("text perplexity", "piqa acc", "anchored", "report.html")) {
            assertTrue(typed.out().contains(part), typed.out());
        }
        assertFalse(typed.err().contains("phase"), typed.err());
    }

    @Test
    void autoBatchIsASettingOfEveryPhaseAndNoneOfAResumedRun() throws IOException {
        assertEquals(0, Typed.run("run", experiment, "--quiet", "--auto-batch").code());
        JsonObject run = JsonParser.parseString(Files.readString(runFolder().resolve("experiment.json"))).getAsJsonObject();
        assertTrue(run.getAsJsonObject("general").get("autoBatch").getAsBoolean());
        assertTrue(Files.readString(runFolder().resolve("experiment.json")).split("\"autoBatch\": true").length == 3);
        Typed refused = Typed.run("run", "--resume", runFolder().toString(), "--auto-batch");
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("found --auto-batch beside it"), refused.err());
    }

    @Test
    void divergenceEndsWithFourAndTheResultAsFarAsItCame() throws IOException {
        Typed typed = Typed.run("run", experiment, "--json", "--set", "domain.learningRate=1e30",
                "--set", "retention.method=none");
        assertEquals(4, typed.code(), typed.err());
        assertTrue(typed.err().contains("not finite at step"), typed.err());
        JsonObject result = JsonParser.parseString(typed.out()).getAsJsonObject();
        assertEquals("failed", result.get("status").getAsString());
        Typed inspected = Typed.run("inspect", runFolder().toString());
        assertEquals(0, inspected.code(), inspected.err());
        assertTrue(inspected.out().contains("tiny: failed (The loss or a gradient"), inspected.out());
    }

    @Test
    void whatIsWrongIsSaidBeforeAFolderIsMade() {
        assertEquals(2, Typed.run("run", experiment, "--set", "model.path=nowhere").code());
        assertFalse(Files.exists(folder.resolve("runs")));
    }

    @Test
    void aSignalFinishesTheStepAndEndsWithFiveAndStatusStopped() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dballast.home=" + System.getProperty("ballast.home"), "-cp",
                System.getProperty("java.class.path"), "io.ballast.cli.Main", "run", experiment, "--json",
                "--set", "domain.steps=1000000").redirectError(folder.resolve("err").toFile()).start();
        try {
            Path said = folder.resolve("err");
            while (process.isAlive() && !Files.readString(said).contains("domain phase")) {
                Thread.sleep(100);
            }
            process.toHandle().destroy();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(2, TimeUnit.MINUTES), Files.readString(said));
            assertEquals(5, process.exitValue(), Files.readString(said));
            assertEquals("stopped", JsonParser.parseString(out).getAsJsonObject().get("status").getAsString());
            assertEquals("stopped", Result.read(runFolder()).status());
            assertTrue(Files.exists(runFolder().resolve("model/model.safetensors")));
        } finally {
            process.destroyForcibly();
        }
    }
}
