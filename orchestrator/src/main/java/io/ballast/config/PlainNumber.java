package io.ballast.config;

import java.math.BigDecimal;

/** How an experiment, and what is said of it, writes numbers. */
public final class PlainNumber {
    private PlainNumber() {
    }

    /**
     * A number without the ".0" that a double's own text has, and without an exponent where it is whole.
     *
     * @param value a finite number
     * @return the number, whose text is such as 30, 0.01 or 1E-7 and is read back as the same double
     * @throws NumberFormatException when it is not finite
     */
    public static BigDecimal of(double value) {
        BigDecimal shortest = BigDecimal.valueOf(value).stripTrailingZeros();
        return shortest.scale() < 0 ? shortest.setScale(0) : shortest;
    }
}
