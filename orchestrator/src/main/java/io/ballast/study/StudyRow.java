package io.ballast.study;

import io.ballast.schema.MayBeAbsent;

/**
 * One run's numbers: a row of {@code results.json}.
 *
 * @param method            name of the curve
 * @param domain            name of the domain
 * @param strength          value of the strength key, or null
 * @param seed              of the run
 * @param status            completed; failed, which is a result: it diverged; or out-of-memory, which is none
 * @param message           why it failed, or null
 * @param learned           the domain score at the end, in the unit that the results state
 * @param kept              the general score at the end
 * @param replay            share of general rows in the domain phase: methods with and without are two leagues
 * @param seconds           of the domain phase
 * @param importanceSeconds to measure importance beside the steps, as a result's {@code secondsAdded}; 0 where there is none
 * @param importanceBytes   of the anchor, as stored; 0 where the method needs none
 * @param key               hash of all that the numbers depend on
 */
public record StudyRow(String method, String domain, Double strength, long seed, String status,
        @MayBeAbsent String message, Double learned, Double kept, double replay, double seconds,
        double importanceSeconds, long importanceBytes, String key) {

    static final String COMPLETED = "completed";
    static final String FAILED = "failed";
    static final String OUT_OF_MEMORY = "out-of-memory";

    boolean isCompleted() {
        return status.equals(COMPLETED);
    }

    /** Whether the run would end so again; a want of memory may be other programs' doing, or this machine's. */
    boolean isResult() {
        return !status.equals(OUT_OF_MEMORY);
    }
}
