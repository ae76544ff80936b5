package io.ballast.bench;

import io.ballast.Ballast;
import io.ballast.data.BatchSlot;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Tokens per second of text that a model writes itself, through the bridge, and of transformers' {@code generate} in a
 * Python of its own: the same model, number of documents, length, sampling and seeds, hence the same tokens. Both
 * processes have generated before. Settings: {@code rows}, {@code tokens}.
 */
final class GenerateBenchmark implements Benchmark {
    private static final String ROWS = "rows";
    private static final String TOKENS = "tokens";
    private static final int DEFAULT_ROWS = 32;
    private static final int DEFAULT_TOKENS = 64;
    private static final int DEFAULT_PAIRS = 9;
    private static final double GOAL = 0.97;
    private static final double TEMPERATURE = 1;
    private static final double TOP_P = 0.95;

    /** What the other side answers: seconds, and ids with −1 after a document's end. */
    private record Generated(double seconds, int[] ids) {
    }

    @Override
    public String name() {
        return "generate";
    }

    @Override
    public String summary() {
        return "text that a model writes, against transformers' generate";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        request.allow(List.of(ROWS, TOKENS));
        return ScratchFolder.with(folder -> run(request, folder));
    }

    private static List<Measurement> run(BenchmarkRequest request, Path folder) throws IOException {
        Path model = request.modelOrDefault();
        int rows = request.count(ROWS, DEFAULT_ROWS);
        int tokens = request.count(TOKENS, DEFAULT_TOKENS);
        try (Tokenizer tokenizer = Tokenizer.open(model); Ballast ballast = Ballast.open(request.environment());
                PythonProcess python = new PythonProcess(request.environment(), "generate_rows",
                        folder.resolve("generate_rows.log"), model)) {
            int end = tokenizer.eos().orElseThrow();
            Sides sides = new Sides(ballast.bridge(), model, tokenizer.bos().orElse(end), end, rows, tokens, python);
            python.awaitReady();
            Pairs.inTurn(1, sides::ours, sides::theirs);
            Pairs pairs = Pairs.inTurn(request.pairs().orElse(DEFAULT_PAIRS), sides::ours, sides::theirs);
            return List.of(Measurement.ofRate("generate, batch " + rows, pairs, "tokens/s", GOAL));
        }
    }

    /** Each side's n-th call takes the seed n. */
    private static final class Sides {
        private final Bridge bridge;
        private final long model;
        private final int first;
        private final int end;
        private final int rows;
        private final int tokens;
        private final PythonProcess python;
        private int ourCalls;
        private int theirCalls;
        /** What one side wrote before the other. */
        private int[] unmatched;

        Sides(Bridge bridge, Path model, int first, int end, int rows, int tokens, PythonProcess python) {
            this.bridge = bridge;
            this.model = bridge.models().open(model, "float32", "cpu", false, 0);
            this.first = first;
            this.end = end;
            this.rows = rows;
            this.tokens = tokens;
            this.python = python;
        }

        double ours() {
            LongBuffer output = BatchSlot.allocate(rows, tokens);
            long started = System.nanoTime();
            bridge.scoring().generate(model, first, end, TEMPERATURE, TOP_P, ourCalls++, rows, tokens, output);
            double seconds = (System.nanoTime() - started) / 1e9;
            int[] ids = new int[rows * tokens];
            Arrays.setAll(ids, at -> (int) output.get(at));
            return rate(ids, seconds);
        }

        double theirs() {
            Generated generated = python.ask(Map.of("first", first, "end", end, "temperature", TEMPERATURE, "topP",
                    TOP_P, "seed", theirCalls++, "rows", rows, "tokens", tokens), Generated.class);
            return rate(generated.ids(), generated.seconds());
        }

        private double rate(int[] ids, double seconds) {
            if (unmatched != null && !Arrays.equals(unmatched, ids)) {
                throw new IllegalStateException("expected the same tokens of both sides; they differ from place "
                        + Arrays.mismatch(unmatched, ids) + " of " + ids.length + " on");
            }
            unmatched = unmatched == null ? ids : null;
            return Arrays.stream(ids).filter(id -> id >= 0).count() / seconds;
        }
    }
}
