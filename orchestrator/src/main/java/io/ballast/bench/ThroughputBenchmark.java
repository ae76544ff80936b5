package io.ballast.bench;

import io.ballast.Ballast;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Tokens per second of plain training, LoRA and full, as {@code ballast run} does it, and of TRL's {@code SFTTrainer}:
 * the same model, rows, batch size, float32, AdamW, schedule and clipping, and no packing on either side. First on rows
 * of one length in the same batches, so that the losses agree; then on rows of mixed length, which each side puts into
 * batches as it does by default. A bare {@code SFTTrainer} has transformers' own loss in place of TRL's, which also takes
 * the entropy and the best guess of every prediction in each step, as Ballast does not. Timed are the steps after the
 * first, in processes that have trained before; counted are the tokens of the rows, without padding. Settings: {@code
 * steps}, {@code batchSize}, {@code maxLength}.
 */
final class ThroughputBenchmark implements Benchmark {
    private static final String STEPS = "steps";
    private static final String BATCH_SIZE = "batchSize";
    private static final String MAX_LENGTH = "maxLength";
    private static final int DEFAULT_STEPS = 24;
    private static final int DEFAULT_BATCH_SIZE = 8;
    private static final int DEFAULT_MAX_LENGTH = 112;
    private static final int DEFAULT_PAIRS = 5;
    private static final double SAME_GOAL = 0.97;
    private static final double MIXED_GOAL = 1.3;
    private static final String UNIT = "tokens/s";

    @Override
    public String name() {
        return "throughput";
    }

    @Override
    public String summary() {
        return "plain training, against TRL's SFTTrainer";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        request.allow(List.of(STEPS, BATCH_SIZE, MAX_LENGTH));
        return ScratchFolder.with(folder -> run(request, folder));
    }

    private static List<Measurement> run(BenchmarkRequest request, Path folder) throws IOException {
        Path model = request.modelOrDefault().toAbsolutePath();
        int steps = request.count(STEPS, DEFAULT_STEPS);
        int batchSize = request.count(BATCH_SIZE, DEFAULT_BATCH_SIZE);
        int maxLength = request.count(MAX_LENGTH, DEFAULT_MAX_LENGTH);
        int pairs = request.pairs().orElse(DEFAULT_PAIRS);
        List<Measurement> measured = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.open(model); Ballast ballast = Ballast.open(request.environment());
                PythonProcess python = new PythonProcess(request.environment(), "sft_rows",
                        folder.resolve("sft_rows.log"), model, folder)) {
            TrainingRows rows = new TrainingRows(tokenizer, request.dataOrDefault(), maxLength, steps * batchSize,
                    folder);
            for (TrainingRows.Kind kind : TrainingRows.Kind.values()) {
                TrainingRows.Written written = rows.write(kind, batchSize);
                boolean mixed = kind == TrainingRows.Kind.MIXED;
                for (boolean lora : mixed ? new boolean[] {false} : new boolean[] {true, false}) {
                    TrainingPair pair = new TrainingPair(ballast, python, model, written, lora, steps, batchSize,
                            folder);
                    List<Double> bare = new ArrayList<>();
                    DoubleSupplier theirs = () -> {
                        bare.add(pair.bare());
                        return pair.theirs();
                    };
                    Pairs.inTurn(1, pair::ours, theirs);
                    bare.clear();
                    Pairs found = Pairs.inTurn(pairs, pair::ours, theirs);
                    Pairs withBare = new Pairs(found.ours(), bare.stream().mapToDouble(Double::doubleValue).toArray());
                    String name = "throughput, " + (lora ? "LoRA" : "full") + kind.words();
                    measured.add(Measurement.ofRate(name, found, UNIT, mixed ? MIXED_GOAL : SAME_GOAL));
                    measured.add(Measurement.ofRate(name + ", bare SFTTrainer", withBare, UNIT,
                            mixed ? null : SAME_GOAL));
                    pair.tellLosses(request.note());
                }
            }
        }
        return measured;
    }
}
