package io.ballast.compare;

import org.apache.commons.statistics.inference.BinomialTest;

/**
 * McNemar's test in its exact form: under "no change" an item that flipped did so either way with
 * equal probability (Q. McNemar, Psychometrika 12, 1947; exact: the binomial test on the flips).
 */
final class McNemarTest {
    static final String NAME = "McNemar exact";

    private McNemarTest() {}

    /**
     * @param newlyWrong items right before and wrong after
     * @param newlyRight items wrong before and right after
     * @return the two-sided p-value
     */
    static double p(int newlyWrong, int newlyRight) {
        int flips = newlyWrong + newlyRight;
        return flips == 0 ? 1 : BinomialTest.withDefaults().test(flips, newlyWrong, 0.5).getPValue();
    }
}
