package io.ballast.study;

import java.util.Locale;

/** Scores for people. */
public final class Figures {
    private Figures() {
    }

    /**
     * A score.
     *
     * @param value or NaN
     * @return three decimals, or a dash
     */
    public static String score(double value) {
        return Double.isNaN(value) ? "—" : String.format(Locale.ROOT, "%.3f", value);
    }

    /** A mean with its standard deviation, where there is one. */
    static String score(Spread spread) {
        return score(spread.mean()) + (spread.count() > 1 ? " ± " + score(spread.deviation()) : "");
    }
}
