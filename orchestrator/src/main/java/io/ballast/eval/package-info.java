/**
 * Evaluation as EleutherAI's lm-evaluation-harness 0.4.13 does it, by log-likelihood and by generated answers.
 *
 * <p>The way of an evaluation: {@link io.ballast.eval.EvaluationTasks} makes tasks of the experiment's entries; a task reads
 * its rows and makes {@link io.ballast.eval.Item}s, with the help of {@code ballast.tasks} in Python where a task file says
 * how; {@link io.ballast.eval.Evaluator} puts what an {@link io.ballast.eval.AnswerCache} does not know to the model, by a
 * {@link io.ballast.eval.TokenScorer} and a {@link io.ballast.eval.TextGenerator}, the two places where a model is asked; the
 * task turns answers into {@link io.ballast.eval.ItemResult}s, kept one by one because two models are compared item by item
 * ({@link io.ballast.compare}).
 *
 * <p>One thread at a time uses an evaluator; it is the thread that the scorer is called from.
 */
package io.ballast.eval;
