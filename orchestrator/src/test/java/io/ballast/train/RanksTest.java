package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.artifacts.RunArtifacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two processes run an experiment together, are killed, stopped and resumed. {@code tests/test_ranks.py} has the rest. */
@Tag("one-jdk")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RanksTest {
    private static final String RANKS = "--nproc-per-node";

    @TempDir
    static Path folder;
    private static Path undisturbed;

    @BeforeAll
    static void runOnTwo() throws Exception {
        Path output = folder.resolve("two");
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), experiment("hierarchical", output), RANKS, "2")) {
            undisturbed = process.folder(output);
            assertEquals(0, process.end(), process.said());
        }
    }

    /** Two domains, one after another. */
    private static String experiment(String method, Path output) throws IOException {
        Path file = folder.resolve(method + ".json");
        Files.writeString(file, new TinyExperiment(folder, "llama-tied").with("output", "\"" + output + "\"")
                .with("checkpoint", "{\"steps\": 2, \"keep\": 2, \"async\": true}").with("general.steps", "6").with("domain.steps", "20")
                .with("domain.gradientAccumulation", "2").with("domain.loggingSteps", "1").with("domain.batchSize", "3")
                .with("retention.method", "\"" + method + "\"").domains("first", "second").experiment().toJson());
        return file.toString();
    }

    @Test
    void twoRanksLearnAndScoreWhatOneDoes() throws Exception {
        Path output = folder.resolve("one");
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), experiment("hierarchical", output))) {
            Path alone = process.folder(output);
            assertEquals(0, process.end(), process.said());
            List<Double> expected = losses(alone);
            List<Double> found = losses(undisturbed);
            assertEquals(44, expected.size());
            assertEquals(expected.size(), found.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(expected.get(i), found.get(i), 1e-5 * expected.get(i), "loss " + i);
            }
            assertSameScores(alone, undisturbed);
            assertEquals(2.0, environment(undisturbed, "ranks"));
            assertTrue(Files.exists(undisturbed.resolve("ranks/rank-1.log")));
        }
    }

    private static Object environment(Path run, String name) {
        return ((Number) Result.read(run).environment().get(name)).doubleValue();
    }

    private static List<Double> losses(Path run) throws IOException {
        return new RunArtifacts(run).events().stream().filter(event -> event.type().equals("step"))
                .map(event -> ((Number) event.fields().get("loss")).doubleValue()).toList();
    }

    /** Each answer to each item, at each stage. */
    private static void assertSameScores(Path expected, Path found) throws IOException {
        Map<String, Double> wanted = scores(expected);
        Map<String, Double> scores = scores(found);
        assertEquals(wanted.keySet(), scores.keySet());
        wanted.forEach((name, value) -> assertEquals(value, scores.get(name), 1e-5 * Math.abs(value), name));
        for (String stage : List.of("base", "anchored", "first", "second")) {
            Map<String, List<Double>> answers = answers(expected, stage);
            Map<String, List<Double>> others = answers(found, stage);
            assertEquals(answers.keySet(), others.keySet());
            answers.forEach((item, numbers) -> {
                for (int i = 0; i < numbers.size(); i++) {
                    assertEquals(numbers.get(i), others.get(item).get(i), 1e-3, stage + " " + item);
                }
            });
        }
    }

    private static Map<String, Double> scores(Path run) {
        return Result.read(run).scores().stream().collect(Collectors.toMap(
                score -> score.stage() + " " + score.task() + " " + score.metric(), score -> score.value()));
    }

    private static Map<String, List<Double>> answers(Path run, String stage) throws IOException {
        return new RunArtifacts(run).samples(stage, "quiz").stream().collect(Collectors.toMap(
                sample -> sample.id() + " " + sample.filter(), sample -> numbers(sample.filteredResponses())));
    }

    /** All numbers of [log-likelihood, whether it is greedy], in their order; what is not a number is 1 or 0. */
    private static List<Double> numbers(Iterable<JsonElement> responses) {
        List<Double> all = new ArrayList<>();
        for (JsonElement response : responses) {
            if (response.isJsonArray()) {
                all.addAll(numbers(response.getAsJsonArray()));
            } else {
                String text = response.getAsString();
                all.add(text.equalsIgnoreCase("true") ? 1.0 : text.equalsIgnoreCase("false") ? 0.0 : Double.parseDouble(text));
            }
        }
        return all;
    }

    @Test
    void ranksThatAreKilledAndStoppedGoOnToTheSameBits() throws Exception {
        Path output = folder.resolve("killed");
        Path run;
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), experiment("hierarchical", output), RANKS, "2")) {
            run = process.folder(output);
            awaitStep(process, run, "first", 5);
            List<ProcessHandle> ranks = process.ranks();
            assertEquals(2, ranks.size());
            ranks.get(1).destroyForcibly();
            assertEquals(4, process.end(), process.said());
            assertTrue(process.said().contains("was ended by SIGKILL"), process.said());
            assertTrue(process.said().contains("can be resumed"), process.said());
            for (ProcessHandle rank : ranks) {
                rank.onExit().get(30, TimeUnit.SECONDS);
            }
        }
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), "--resume", run.toString(), RANKS, "2")) {
            awaitStep(process, run, "second", 6);
            assertEquals(5, process.stop(), process.said());
            assertTrue(process.said().contains("Stopped in the second phase"), process.said());
        }
        Path copy = folder.resolve("copy");
        copy(run, copy);
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), "--resume", run.toString(), RANKS, "2")) {
            assertEquals(0, process.end(), process.said());
            WhatARunLeft.assertSame(undisturbed, run);
        }
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), "--resume", copy.toString())) {
            assertEquals(0, process.end(), process.said());
            assertTrue(process.said().contains("begun on 2 rank(s) and goes on with 1"), process.said());
            assertSameScores(undisturbed, copy);
        }
    }

    private static void awaitStep(RunProcess process, Path run, String domain, int step) throws Exception {
        Path events = run.resolve(RunEvent.FILE);
        while (process.isAlive() && !(Files.exists(events)
                && Files.readString(events).contains("\"step\",\"phase\":\"" + domain + "\",\"step\":" + step + ","))) {
            Thread.sleep(5);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @Test
    void whatNeedsWholeTensorsIsRefusedByEachRankAndToldOnce() throws Exception {
        Path output = folder.resolve("refused");
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), experiment("ewc", output), RANKS, "2")) {
            assertEquals(2, process.end(), process.said());
            String message = "retention.method: expected one that works on parts of tensors";
            assertTrue(process.said().contains(message), process.said());
            assertEquals(process.said().indexOf(message), process.said().lastIndexOf(message), process.said());
        }
    }

    @Test
    void aMachineThatDoesNotComeIsGivenUpWithAMessage() throws Exception {
        Path output = folder.resolve("alone");
        try (RunProcess process = RunProcess.start(folder.resolve("logs"), experiment("hierarchical", output), RANKS, "1",
                "--nnodes", "2", "--rdzv-endpoint", "localhost:29731", "--join-timeout", "3")) {
            assertEquals(3, process.end(), process.said());
            assertTrue(process.said().contains("expected all nodes to meet"), process.said());
            assertFalse(process.said().contains("Traceback"), process.said());
        }
    }
}
