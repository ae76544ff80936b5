/**
 * The nouns that an application holds: {@link io.ballast.Ballast}, {@link io.ballast.Experiment},
 * {@link io.ballast.Run}, {@link io.ballast.Result}, {@link io.ballast.Model}, {@link io.ballast.Anchor},
 * {@link io.ballast.RunListener}.
 *
 * <p>Threads: CPython runs on one thread of its own, {@code ballast-python}, on which the calls of all others are queued
 * in the order they came. Runs go one after another on {@code ballast-run}, which is also where their listeners hear
 * events; a listener that would wait for a run there is refused. All nouns may be used by many threads at once; builders
 * are for one.
 *
 * <p>Nulls are refused with a {@link java.lang.NullPointerException} where no Javadoc says what null means. What is used
 * after it was closed throws {@link java.lang.IllegalStateException}; closing twice is allowed, and so is closing models
 * and anchors after their {@code Ballast}. Everything else that goes wrong is a {@link io.ballast.BallastException}.
 *
 * <p>Losses and log-probabilities are in nats, losses per token; times of events are UTC.
 */
package io.ballast;
