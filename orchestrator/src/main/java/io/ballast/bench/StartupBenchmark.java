package io.ballast.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How long a user waits: {@code ballast --version} as it is typed, and {@link FirstStep}, in processes that start anew
 * each time. What is on disk has been read before.
 */
final class StartupBenchmark implements Benchmark {
    private static final int DEFAULT_PAIRS = 9;
    private static final double MOST_SECONDS_TO_A_VERSION = 0.5;

    @Override
    public String name() {
        return "startup";
    }

    @Override
    public String summary() {
        return "ballast --version, against a limit; a first training step, against a plain Python script";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        request.allow(List.of());
        int pairs = request.pairs().orElse(DEFAULT_PAIRS);
        String launcher = request.environment().packagePath().resolveSibling("ballast").toString();
        return ScratchFolder.with(folder -> List.of(
                Measurement.ofLimit("startup, --version", version(launcher, folder, pairs), MOST_SECONDS_TO_A_VERSION, "s"),
                new FirstStep(request, List.of(launcher), folder).measure(pairs)));
    }

    private static double[] version(String launcher, Path folder, int runs) {
        List<String> command = List.of(launcher, "--version");
        return IntStream.range(0, runs + 1)
                .mapToDouble(run -> TimedCommand.seconds(command, folder.resolve("version.log"), Map.of()))
                .skip(1) // The first finds the files.
                .toArray();
    }
}
