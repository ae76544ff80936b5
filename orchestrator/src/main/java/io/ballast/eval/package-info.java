/**
 * Evaluation by log-likelihood, as EleutherAI's lm-evaluation-harness 0.4.13 does it.
 *
 * <p>The way of an evaluation: {@link io.ballast.eval.EvaluationTasks} makes tasks of the experiment's
 * entries; a task reads its rows and makes {@link io.ballast.eval.Item}s, each with the token rows
 * to be scored; {@link io.ballast.eval.Evaluator} has them scored in batches by a
 * {@link io.ballast.eval.TokenScorer}, the one place where a model is asked; the task turns
 * log-likelihoods into {@link io.ballast.eval.ItemResult}s, kept one by one because two models are compared item by
 * item ({@link io.ballast.compare}).
 *
 * <p>One thread at a time uses an evaluator; it is the thread that the scorer is called from.
 */
package io.ballast.eval;
