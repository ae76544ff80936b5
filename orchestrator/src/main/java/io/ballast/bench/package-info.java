/**
 * Measurements of Ballast against what people would use instead, on the same machine and the same inputs, in pairs that
 * alternate. {@link io.ballast.bench.EvaluationBenchmark} scores lm-eval's token rows beside
 * {@link io.ballast.bench.LmEval}, a child process; each result is a {@link io.ballast.bench.Measurement}.
 */
package io.ballast.bench;
