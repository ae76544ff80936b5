package io.ballast.eval;

/**
 * What is measured of a task.
 *
 * @param key            lm-eval's name; behind it a comma and the filter's name where answers pass one
 * @param aggregation    how it follows from its items
 * @param higherIsBetter whether a larger value is a better model
 */
public record Metric(String key, Aggregation aggregation, boolean higherIsBetter) {
    /** Share of items whose answer is the most likely one, or, for a single continuation, the greedy one. */
    public static final Metric ACC = new Metric("acc", Aggregation.MEAN, true);
    /** The same with each choice's log-likelihood divided by its length in Unicode code points. */
    public static final Metric ACC_NORM = new Metric("acc_norm", Aggregation.MEAN, true);
    /** exp of the mean of −log-likelihood over items. */
    public static final Metric PERPLEXITY = new Metric("perplexity", Aggregation.PERPLEXITY, false);
    /** exp(nats / tokens scored). */
    public static final Metric TOKEN_PERPLEXITY = new Metric("perplexity", Aggregation.WEIGHTED_PERPLEXITY, false);
}
