package io.ballast.eval;

/**
 * What is measured. Every metric is a function of one ratio, the sum of the items' totals over
 * the sum of their weights (see {@link Contribution}), so that standard errors and bootstraps are
 * written once.
 */
public enum Metric {
    /** Share of items whose answer is the most likely one, or, for a single continuation, the greedy one. */
    ACC("acc", true),
    /** The same with each choice's log-likelihood divided by its length in Unicode code points. */
    ACC_NORM("acc_norm", true),
    /**
     * exp(nats / weight). The weight is the number of tokens for a file's perplexity, and 1 an item
     * for a task's (lm-eval's {@code perplexity} aggregation: exp of the mean of −log-likelihood).
     */
    PERPLEXITY("perplexity", false);

    private final String key;
    private final boolean higherIsBetter;

    Metric(String key, boolean higherIsBetter) {
        this.key = key;
        this.higherIsBetter = higherIsBetter;
    }

    /** @return lm-eval's name of the metric */
    public String key() {
        return key;
    }

    /** @return whether a larger value is a better model */
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** @return whether an item is right or wrong under this metric */
    boolean isRightOrWrong() {
        return this != PERPLEXITY;
    }

    /**
     * @param total  sum of the items' totals
     * @param weight sum of the items' weights
     * @return the metric's value
     */
    double value(double total, double weight) {
        double ratio = total / weight;
        return this == PERPLEXITY ? Math.exp(ratio) : ratio;
    }
}
