/**
 * Studies: methods × strengths × seeds × domains, each run once, and the comparison of what was learned with what was
 * kept. {@link io.ballast.study.Study} is read from a file, {@link io.ballast.study.StudyRun} is one of its runs,
 * {@link io.ballast.study.StudyRunner} runs those that are missing, {@link io.ballast.study.StudyResults} is
 * {@code results.json}, and {@link io.ballast.study.Comparison} what can be said from it.
 */
package io.ballast.study;
