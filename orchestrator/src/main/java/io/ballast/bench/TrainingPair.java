package io.ballast.bench;

import com.google.gson.Gson;
import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** One training on both sides: an experiment with one domain phase, and {@code SFTTrainer} in another process. */
final class TrainingPair {
    private static final double LEARNING_RATE = 1e-4;
    /** Both look at the loss as often: after the first step, and then each so many. */
    private static final int LOGGING_STEPS = 10;
    private static final Map<String, Object> LORA = Map.of("kind", "lora", "rank", 8, "alpha", 16, "dropout", 0,
            "targets", List.of("q_proj", "v_proj"));
    /** Adapters begin at different random values, of which the first step's loss knows nothing. */
    private static final double SAME_LOSS = 1e-3;

    private final Ballast ballast;
    private final PythonProcess python;
    private final TrainingRows.Written rows;
    private final boolean lora;
    private final Map<String, Object> asked;
    private final Path experiment;
    private List<Double> ourLosses;
    private List<Double> theirLosses;
    private List<Double> bareLosses;

    /** What the other side answers: of the steps after the first, and of all steps the losses that were looked at. */
    private record Trained(double seconds, long tokens, long firstTokens, List<Double> losses) {
    }

    TrainingPair(Ballast ballast, PythonProcess python, Path model, TrainingRows.Written rows, boolean lora, int steps,
            int batchSize, Path folder) throws IOException {
        this.ballast = ballast;
        this.python = python;
        this.rows = rows;
        this.lora = lora;
        // As sft_rows.py has it.
        asked = Map.of("rows", rows.ids().toString(), "ordered", rows.kind() == TrainingRows.Kind.EQUAL, "lora", lora,
                "steps", steps, "batchSize", batchSize, "learningRate", LEARNING_RATE, "loggingSteps", LOGGING_STEPS);
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("name", "throughput", "seed", TrainingRows.SEED,
                "output", folder.resolve("runs").toString(), "model", Map.of("path", model.toString(), "device", "cpu"),
                "domain", Map.of("data", List.of(rows.entry()), "steps", steps, "batchSize", batchSize,
                        "learningRate", LEARNING_RATE, "maxLength", rows.maxLength(), "loggingSteps", LOGGING_STEPS)));
        if (lora) {
            settings.put("adapter", LORA);
        }
        experiment = Files.writeString(folder.resolve(rows.kind() + (lora ? "-lora.json" : ".json")),
                new Gson().toJson(settings));
    }

    /** Tokens per second of one run of the experiment. */
    double ours() {
        List<RunEvent> steps = new ArrayList<>();
        ballast.run(Experiment.read(experiment), event -> {
            if (event.type().equals("step")) {
                steps.add(event);
            }
        });
        ourLosses = steps.stream().map(step -> ((Number) step.fields().get("loss")).doubleValue()).toList();
        Duration taken = Duration.between(steps.get(0).time(), steps.get(steps.size() - 1).time());
        return (rows.tokens() - rows.firstTokens()) * 1e9 / taken.toNanos();
    }

    /** Tokens per second of one {@code SFTTrainer}. */
    double theirs() {
        Trained trained = trained(false);
        theirLosses = trained.losses();
        return rate(trained);
    }

    /** Tokens per second of one {@code SFTTrainer} that takes nothing for its metrics beside the loss. */
    double bare() {
        Trained trained = trained(true);
        bareLosses = trained.losses();
        return rate(trained);
    }

    private Trained trained(boolean bare) {
        Map<String, Object> question = new LinkedHashMap<>(asked);
        question.put("bare", bare);
        Trained trained = python.ask(question, Trained.class);
        if (trained.tokens() != rows.tokens()) {
            throw new IllegalStateException("expected both sides to train on the same tokens, " + rows.tokens()
                    + "; found " + trained.tokens());
        }
        return trained;
    }

    private static double rate(Trained trained) {
        return (trained.tokens() - trained.firstTokens()) / trained.seconds();
    }

    /** Says what all sides' losses were; where the batches are the same, so must be the first. */
    void tellLosses(Consumer<String> note) {
        note.accept(String.format(Locale.ROOT, "throughput, %s%s: losses %s, %s and bare %s", lora ? "LoRA" : "full",
                rows.kind().words(), ourLosses, theirLosses, bareLosses));
        checkSame(theirLosses, bareLosses);
        if (rows.kind() == TrainingRows.Kind.EQUAL) {
            checkSame(ourLosses, theirLosses);
        }
    }

    private static void checkSame(List<Double> one, List<Double> other) {
        if (Math.abs(one.get(0) - other.get(0)) > SAME_LOSS) {
            throw new IllegalStateException("expected the same loss of the same first batch; found " + one.get(0)
                    + " and " + other.get(0));
        }
    }
}
