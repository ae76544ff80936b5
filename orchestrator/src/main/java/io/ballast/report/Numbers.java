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
        return !Double.isFinite(value) ? "–" : sign(value) + size(change, value);
    }

    /** @return a difference of the change's kind, without its sign: points of a share */
    static String size(Change change, double value) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        return change.isShare() ? String.format(Locale.ROOT, "%.1f", 100 * Math.abs(value))
                : significant(Math.abs(value), 3);
    }

    /** @return three significant digits */
    static String score(double value) {
        return significant(value, 3).replace('-', '−');
    }

    /** @return three significant digits with a sign */
    static String signed(double value) {
        return Double.isNaN(value) ? "–" : sign(value) + significant(Math.abs(value), 3);
    }

    private static String sign(double value) {
        return value > 0 ? "+" : value < 0 ? "−" : "";
    }

    /** @return a p-value */
    static String p(double value) {
        return Double.isNaN(value) ? "–" : value < 0.001 ? "< 0.001" : significant(value, 2);
    }
}
