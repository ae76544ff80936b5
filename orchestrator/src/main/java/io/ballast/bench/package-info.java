/**
 * Measurements of Ballast against what people would use instead, on the same machine and the same inputs, in runs that
 * alternate: each {@link io.ballast.bench.Benchmark} gives a list of {@link io.ballast.bench.Measurement}s. Those of the
 * Python side alone are modules of {@code python-ext/benchmarks}, which need no Java.
 */
package io.ballast.bench;
