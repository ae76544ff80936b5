package io.ballast.eval;

/**
 * A sum that does not depend on the number of terms for its accuracy (A. Neumaier, ZAMM 54, 1974).
 * Python's {@code sum} of floats, which lm-eval averages with, does the same since 3.12.
 */
public final class CompensatedSum {
    private CompensatedSum() {}

    /**
     * @param values terms
     * @return their sum
     */
    public static double of(double... values) {
        double sum = 0;
        double lost = 0;
        for (double value : values) {
            double next = sum + value;
            lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }
        // An infinite sum has a NaN as its correction.
        return Double.isFinite(lost) ? sum + lost : sum;
    }
}
