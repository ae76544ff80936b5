package io.ballast.bench;

import java.util.List;

/** Something that {@code ballast bench} measures, by its name. */
public interface Benchmark {
    /** @return what is typed */
    String name();

    /** @return what is measured, against what; a few words */
    String summary();

    /**
     * Measures. What cannot be measured on this machine is absent, and named to {@link BenchmarkRequest#note()}.
     *
     * @param request what was asked for
     * @return what was found
     * @throws io.ballast.InvalidInputException       when what was asked for cannot be measured by anyone
     * @throws io.ballast.MissingEnvironmentException when what to measure against does not run
     */
    List<Measurement> run(BenchmarkRequest request);
}
