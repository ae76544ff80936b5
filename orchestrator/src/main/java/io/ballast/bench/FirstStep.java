package io.ballast.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Seconds from the start of a process to the end of its first training step: {@code ballast run} of an experiment with
 * one step and no evaluation, against a plain script with torch and transformers that opens the same model and
 * tokenizer and takes the same step. Ballast's step has ended when its event has been written.
 */
final class FirstStep {
    private static final double GOAL = 1.15;
    private static final int ROWS = 8;
    private static final double SAME_LOSS = 1e-3;

    private final BenchmarkRequest request;
    private final List<String> ballast;
    private final Path folder;
    private final Path rows;
    private final Path experiment;
    private int runs;
    private double ourLoss;
    private double theirLoss;

    /** What the script prints: when its step had ended, in seconds since 1970, and the step's loss. */
    private record Step(double time, double loss) {
    }

    /**
     * @param request with the model
     * @param ballast the command that starts Ballast
     * @param folder  for experiment and runs
     */
    FirstStep(BenchmarkRequest request, List<String> ballast, Path folder) throws IOException {
        this.request = request;
        this.ballast = ballast;
        this.folder = folder;
        rows = Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, ROWS)
                .mapToObj(row -> "{\"question\": \"What is %d times %d?\", \"answer\": \"%d, of course.\"}\n"
                        .formatted(row + 2, row + 5, (row + 2) * (row + 5))).collect(Collectors.joining()));
        experiment = Files.writeString(folder.resolve("experiment.json"), new Gson().toJson(Map.of(
                "name", "first-step", "output", folder.resolve("runs").toString(),
                "model", Map.of("path", request.modelOrDefault().toAbsolutePath().toString(), "device", "cpu"),
                // What first_step.py does too.
                "domain", Map.of("data", List.of(Map.of("path", rows.toString(), "prompt",
                        "Question: {question}\nAnswer:", "completion", " {answer}")), "steps", 1, "batchSize", ROWS, "learningRate", 1e-4))));
    }

    Measurement measure(int count) {
        Pairs.inTurn(1, this::ours, this::theirs); // Finds the files.
        Pairs pairs = Pairs.inTurn(count, this::ours, this::theirs);
        if (Math.abs(ourLoss - theirLoss) > SAME_LOSS) {
            throw new IllegalStateException("expected the same loss of the same first batch; found " + ourLoss + " and "
                    + theirLoss);
        }
        return Measurement.ofSeconds("startup, first training step", pairs.ours(), pairs.theirs(), GOAL);
    }

    private double ours() {
        // Each run tokenizes its rows, as the script does.
        Path own = folder.resolve("run-" + runs++);
        List<String> command = Stream.concat(ballast.stream(), Stream.of("run", experiment.toString(), "--quiet",
                "--set", "output=" + own)).toList();
        Instant started = Instant.now();
        TimedCommand.seconds(command, folder.resolve("run.log"),
                Map.of("BALLAST_CACHE", own.resolve("cache").toString()));
        JsonObject step = step(own);
        ourLoss = step.get("loss").getAsDouble();
        return Duration.between(started, Instant.parse(step.get("time").getAsString())).toNanos() / 1e9;
    }

    private static JsonObject step(Path output) {
        try (Stream<Path> files = Files.find(output, 2, (file, attributes) -> file.endsWith("events.jsonl"))) {
            return Files.readAllLines(files.findFirst().orElseThrow()).stream()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .filter(event -> event.get("type").getAsString().equals("step")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the events of the run in " + output, e);
        }
    }

    private double theirs() {
        Path log = folder.resolve("first_step.log");
        List<String> command = List.of(request.environment().executable().toString(),
                request.environment().packagePath().resolve("benchmarks/first_step.py").toString(), request.modelOrDefault().toString(), rows.toString());
        Instant started = Instant.now();
        TimedCommand.seconds(command, log, Map.of("HF_HUB_OFFLINE", "1"));
        try {
            List<String> said = Files.readAllLines(log);
            Step step = new Gson().fromJson(said.get(said.size() - 1), Step.class);
            theirLoss = step.loss();
            return step.time() - started.toEpochMilli() / 1e3;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read what first_step.py said", e);
        }
    }
}
