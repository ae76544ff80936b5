/**
 * Several processes that run one experiment together, a rank each: who each is, what they tell one another, and how they
 * share work. All ranks go through a run in the same order, each with its part of the model and of every batch; the first
 * one writes and speaks.
 */
package io.ballast.ranks;
