package io.ballast.eval;

/**
 * How a metric follows from its items: each is a function of one ratio, the sum of the items' totals over the sum of
 * their weights (see {@link Contribution}), so that standard errors and bootstraps are written once.
 */
enum Aggregation {
    /** The ratio itself; with weights of 1 the mean. */
    MEAN,
    /** exp of the ratio, nats per weight: lm-eval's {@code perplexity} and {@code weighted_perplexity}. */
    PERPLEXITY,
    /** The ratio in bits instead of nats: lm-eval's {@code bits_per_byte}. */
    BITS;

    /**
     * @param total  sum of the items' totals
     * @param weight sum of the items' weights
     * @return the metric's value
     */
    double value(double total, double weight) {
        double ratio = total / weight;
        return switch (this) {
            case MEAN -> ratio;
            case PERPLEXITY -> Math.exp(ratio);
            case BITS -> ratio / Math.log(2);
        };
    }

    /**
     * @param ratio total over weight
     * @return how fast the value changes with the ratio, for the delta method
     */
    double slope(double ratio) {
        return switch (this) {
            case MEAN -> 1;
            case PERPLEXITY -> Math.exp(ratio);
            case BITS -> 1 / Math.log(2);
        };
    }
}
