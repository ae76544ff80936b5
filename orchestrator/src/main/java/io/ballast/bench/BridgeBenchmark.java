package io.ballast.bench;

import io.ballast.Ballast;
import io.ballast.python.Bridge;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What it costs to cross from Java to Python and back, as a run does it: from a thread of its own to the interpreter's
 * and back. A call that does next to nothing, and one with a batch of 64 MiB of which Python tells only where it lies.
 * Setting: {@code calls} in a run.
 */
final class BridgeBenchmark implements Benchmark {
    private static final String CALLS = "calls";
    private static final int DEFAULT_CALLS = 20_000;
    private static final int DEFAULT_RUNS = 9;
    private static final int WARM_UP_RUNS = 2;
    private static final double MOST_MICROSECONDS_A_CALL = 5;
    private static final double MOST_MICROSECONDS_A_BATCH = 20;
    private static final int BATCH_BYTES = 64 << 20;
    /** A handle that stands for nothing: releasing it is allowed. */
    private static final long NOTHING = 0;

    @Override
    public String name() {
        return "bridge";
    }

    @Override
    public String summary() {
        return "a call, and a batch handed over, against limits";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        request.allow(List.of(CALLS));
        int calls = request.count(CALLS, DEFAULT_CALLS);
        int runs = request.pairs().orElse(DEFAULT_RUNS);
        LongBuffer batch = ByteBuffer.allocateDirect(BATCH_BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
        try (Ballast ballast = Ballast.open(request.environment())) {
            Bridge bridge = ballast.bridge();
            return List.of(Measurement.ofLimit("bridge, a call",
                            microseconds(runs, calls, () -> bridge.scoring().releasePrefix(NOTHING)),
                            MOST_MICROSECONDS_A_CALL, "µs"),
                    Measurement.ofLimit("bridge, a batch of 64 MiB handed over",
                            microseconds(runs, calls, () -> bridge.address(batch)), MOST_MICROSECONDS_A_BATCH, "µs"));
        }
    }

    /** Of each run the median call: a neighbour that takes the core away in between is none of the bridge's. */
    private static double[] microseconds(int runs, int calls, Runnable call) {
        return IntStream.range(0, WARM_UP_RUNS + runs)
                .mapToDouble(run -> Measurement.median(IntStream.range(0, calls).mapToDouble(i -> {
                    long started = System.nanoTime();
                    call.run();
                    return (System.nanoTime() - started) / 1e3;
                }).toArray())).skip(WARM_UP_RUNS).toArray();
    }
}
