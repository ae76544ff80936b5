/**
 * What a run says for itself: {@code report.html}, one file for a person who has ten seconds, and
 * {@code README.md}, the model card that travels with the weights.
 *
 * <p>Both are made from the run folder alone ({@code result.json}, {@code events.jsonl},
 * {@code experiment.json}, {@code evaluation/flips}), so they can be made again at any time, also for a
 * run that stopped or failed. Whatever is absent is left out or said to be absent; nothing is guessed.
 * What the numbers mean (better, worse, noise, what to try next) is decided here, in Java, under test;
 * the page's scripts only draw it.
 */
package io.ballast.report;
