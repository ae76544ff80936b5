package io.ballast.eval;

import java.util.List;

/**
 * A metric's value with its standard error.
 *
 * @param value  the metric over all items
 * @param stderr standard error of a sample of items, or null for a single item
 * @param n      items
 */
public record Estimate(double value, Double stderr, int n) {
    /**
     * The standard error is the delta method's for a ratio of sums, which for equal weights is
     * lm-eval's {@code mean_stderr}, s/√n with n − 1. For a perplexity it is carried through exp by
     * the derivative, value × SE(log value); lm-eval bootstraps the same quantity.
     *
     * @param aggregation   how the metric follows from its items
     * @param contributions one an item, at least one
     * @return value and standard error
     */
    public static Estimate of(Aggregation aggregation, List<Contribution> contributions) {
        double total = sum(contributions.stream().mapToDouble(Contribution::total).toArray());
        double weight = sum(contributions.stream().mapToDouble(Contribution::weight).toArray());
        double value = aggregation.value(total, weight);
        int n = contributions.size();
        if (n < 2) {
            return new Estimate(value, null, n);
        }
        double ratio = total / weight;
        double squares = sum(contributions.stream()
                .mapToDouble(each -> square(each.total() - ratio * each.weight())).toArray());
        double stderr = Math.sqrt(squares * n / (n - 1)) / weight;
        return new Estimate(value, aggregation.slope(ratio) * stderr, n);
    }

    private static double square(double value) {
        return value * value;
    }

    private static double sum(double[] values) {
        return CompensatedSum.of(values);
    }
}
