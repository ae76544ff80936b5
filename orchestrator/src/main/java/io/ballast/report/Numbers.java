package io.ballast.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them, the same everywhere and in every locale. */
final class Numbers {
    private Numbers() {
    }

    /** @return up to so many significant digits, without an exponent between 1e-4 and 1e7 */
    static String significant(double value, int digits) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits)).stripTrailingZeros();
        double size = Math.abs(value);
        boolean plain = value == 0 || size >= 1e-4 && size < 1e7;
        int exponent = rounded.precision() - rounded.scale() - 1;
        return plain ? rounded.toPlainString() : rounded.movePointLeft(exponent).toPlainString() + "e" + exponent;
    }

    static String percent(double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", 100 * share) : significant(share, 1);
    }

    /** @return a score of the change's kind */
    static String score(Change change, double value) {
        return change.isShare() ? percent(value) : significant(value, 4);
    }

    /** @return a difference of the change's kind, with its sign */
    static String difference(Change change, double value) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        String sign = value > 0 ? "+" : value < 0 ? "−" : "";
        return sign + (change.isShare()
                ? String.format(Locale.ROOT, "%.1f", 100 * Math.abs(value))
                : significant(Math.abs(value), 3));
    }
}
