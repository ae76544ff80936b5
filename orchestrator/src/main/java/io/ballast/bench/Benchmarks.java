package io.ballast.bench;

import java.util.List;

/** Everything that {@code ballast bench} can measure. */
public final class Benchmarks {
    private static final List<Benchmark> ALL = List.of(
            new EvaluationBenchmark(),
            new PythonBenchmark("step", "an optimizer step with importance or penalty, against torch's fused AdamW"),
            new PythonBenchmark("roofline", "each CPU kernel's bandwidth, against a triad's"),
            new PythonBenchmark("train", "a whole training step with importance or penalty, against one without"),
            new PythonBenchmark("importance", "what the path integral adds, against EWC-LoRA's Fisher information"),
            new PythonBenchmark("storage", "the size of stored importance, against a whole model in float32"),
            new PythonBenchmark("memory", "peak memory of a domain phase with retention, against one without"),
            new PythonBenchmark("scale", "training on 1, 2 and 4 ranks: pace, peak of a rank, bytes sent, with retention and without"),
            new GrowthBenchmark(), new DataBenchmark(), new BridgeBenchmark(), new StartupBenchmark(), new GenerateBenchmark(),
            new ThroughputBenchmark());

    private Benchmarks() {
    }

    /** @return them, in the order in which they are listed */
    public static List<Benchmark> all() {
        return ALL;
    }
}
