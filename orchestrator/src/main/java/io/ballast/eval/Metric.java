package io.ballast.eval;

/** What is measured. */
public enum Metric {
    /** Share of items whose answer is the most likely one, or, for a single continuation, the greedy one. */
    ACC("acc", true, Aggregation.MEAN),
    /** The same with each choice's log-likelihood divided by its length in Unicode code points. */
    ACC_NORM("acc_norm", true, Aggregation.MEAN),
    /**
     * exp(nats / weight). The weight is the number of tokens for a file's perplexity, and 1 an item
     * for a task's (lm-eval's {@code perplexity} aggregation: exp of the mean of −log-likelihood).
     */
    PERPLEXITY("perplexity", false, Aggregation.PERPLEXITY);

    private final String key;
    private final boolean higherIsBetter;
    private final Aggregation aggregation;

    Metric(String key, boolean higherIsBetter, Aggregation aggregation) {
        this.key = key;
        this.higherIsBetter = higherIsBetter;
        this.aggregation = aggregation;
    }

    /** @return lm-eval's name of the metric */
    public String key() {
        return key;
    }

    /** @return whether a larger value is a better model */
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** @return how it follows from its items */
    Aggregation aggregation() {
        return aggregation;
    }

    /** @return whether an item is right or wrong under this metric */
    boolean isRightOrWrong() {
        return this != PERPLEXITY;
    }
}
