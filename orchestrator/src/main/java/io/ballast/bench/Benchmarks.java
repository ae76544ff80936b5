package io.ballast.bench;

import java.util.List;

/** Everything that {@code ballast bench} can measure. */
public final class Benchmarks {
    private static final List<Benchmark> ALL = List.of(
            new EvaluationBenchmark(),
            new PythonBenchmark("step", "an optimizer step with importance or penalty, against torch's fused AdamW"),
            new DataBenchmark(), new BridgeBenchmark(), new StartupBenchmark(), new GenerateBenchmark(),
            new ThroughputBenchmark());

    private Benchmarks() {
    }

    /** @return them, in the order in which they are listed */
    public static List<Benchmark> all() {
        return ALL;
    }
}
