package io.ballast.study;

import java.math.BigDecimal;
import java.util.Locale;

/** Numbers for people. */
final class Figures {
    private Figures() {
    }

    /** As short as it can be written: 30, 0.01, 1e-7. */
    static String plain(double value) {
        BigDecimal shortest = BigDecimal.valueOf(value).stripTrailingZeros();
        return shortest.scale() < 0 ? shortest.toPlainString() : shortest.toString();
    }

    /** A score: three decimals. */
    static String score(double value) {
        return Double.isNaN(value) ? "—" : String.format(Locale.ROOT, "%.3f", value);
    }

    /** A mean with its standard deviation, where there is one. */
    static String score(Spread spread) {
        return score(spread.mean()) + (spread.count() > 1 ? " ± " + score(spread.deviation()) : "");
    }
}
