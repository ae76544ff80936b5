package io.ballast.eval;

import java.util.Arrays;

/**
 * How a metric follows from its items: each but {@link #WHOLE} is a function of one ratio, the sum of the items' totals
 * over the sum of their weights (see {@link Contribution}), so that standard errors and bootstraps are written once.
 */
public enum Aggregation {
    /** The ratio itself; with weights of 1 the mean. */
    MEAN("mean"),
    /** exp of nats an item: the items' weights are 1. */
    PERPLEXITY("perplexity"),
    /** exp of nats per weight: tokens, words or bytes. */
    WEIGHTED_PERPLEXITY("weighted_perplexity"),
    /** Bits per weight. */
    BITS_PER_BYTE("bits_per_byte"),
    /** A function of all items at once, such as F1 or BLEU, which Python computes: no item has a share in it. */
    WHOLE("whole");

    private final String key;

    Aggregation(String key) {
        this.key = key;
    }

    /** @return lm-eval's name of it */
    public String key() {
        return key;
    }

    /**
     * @param key lm-eval's name
     * @return the aggregation
     * @throws IllegalArgumentException for another name
     */
    static Aggregation named(String key) {
        return Arrays.stream(values()).filter(each -> each.key.equals(key)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no aggregation " + key));
    }

    /** @return whether the items' totals are nats, which lm-eval writes as log-likelihoods */
    public boolean isOfNats() {
        return this != MEAN && this != WHOLE;
    }

    /**
     * @param total  sum of the items' totals
     * @param weight sum of the items' weights
     * @return the metric's value
     * @throws UnsupportedOperationException of {@link #WHOLE}
     */
    public double value(double total, double weight) {
        double ratio = total / weight;
        return switch (this) {
            case MEAN -> ratio;
            case PERPLEXITY, WEIGHTED_PERPLEXITY -> Math.exp(ratio);
            case BITS_PER_BYTE -> ratio / Math.log(2);
            case WHOLE -> throw noRatio();
        };
    }

    /**
     * @param ratio total over weight
     * @return how fast the value changes with the ratio, for the delta method
     * @throws UnsupportedOperationException of {@link #WHOLE}
     */
    public double slope(double ratio) {
        return switch (this) {
            case MEAN -> 1;
            case PERPLEXITY, WEIGHTED_PERPLEXITY -> Math.exp(ratio);
            case BITS_PER_BYTE -> 1 / Math.log(2);
            case WHOLE -> throw noRatio();
        };
    }

    private static UnsupportedOperationException noRatio() {
        return new UnsupportedOperationException("a function of all items is none of a ratio");
    }
}
