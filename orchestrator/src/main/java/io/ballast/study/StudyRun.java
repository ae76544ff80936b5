package io.ballast.study;

import io.ballast.Experiment;
import io.ballast.config.PlainNumber;

/**
 * One run of a study.
 *
 * @param method     name of the curve
 * @param domain     name of the domain
 * @param strength   value of the strength key, or null for a method without strengths
 * @param seed       of the run
 * @param experiment what is run
 * @param key        hash of all that its numbers depend on
 */
public record StudyRun(String method, String domain, Double strength, long seed, Experiment experiment, String key) {

    /** @return a line for people, such as "l2, λ 30, medmcqa, seed 7" */
    @Override
    public String toString() {
        return method + (strength == null ? "" : " " + PlainNumber.of(strength)) + ", " + domain + ", seed " + seed;
    }
}
