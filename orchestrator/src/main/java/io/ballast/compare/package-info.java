/**
 * Two evaluations of the same items: what changed, and what of it is more than noise.
 *
 * <p>A {@link io.ballast.compare.PairedTask} holds one task's results of both, item by item, which a run makes of what it
 * has in memory and {@link io.ballast.compare.EvaluationFolder} of samples on disk, also of lm-eval's.
 * {@link io.ballast.compare.TaskChanges} says what changed on such tasks and what of it is noise; a run's result and an
 * {@link io.ballast.compare.EvaluationComparison} are both made of it.
 */
package io.ballast.compare;
