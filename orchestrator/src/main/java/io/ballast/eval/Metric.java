package io.ballast.eval;

/**
 * What is measured of a task.
 *
 * @param key            lm-eval's name; behind it a comma and the filter's name where answers pass one
 * @param aggregation    how it follows from its items
 * @param higherIsBetter whether a larger value is a better model
 */
public record Metric(String key, Aggregation aggregation, boolean higherIsBetter) {
    /** lm-eval's name for "no filter", part of every metric's key in its results. */
    public static final String NO_FILTER = "none";
    /** Share of items whose answer is the most likely one, or, for a single continuation, the greedy one. */
    public static final Metric ACC = new Metric("acc", Aggregation.MEAN, true);
    /** exp(nats / tokens scored). */
    public static final Metric TOKEN_PERPLEXITY = new Metric("perplexity", Aggregation.WEIGHTED_PERPLEXITY, false);

    /** @return lm-eval's name, without a filter */
    public String name() {
        return key.replaceFirst(",.*", "");
    }

    /** @return the filter that answers pass, or {@value #NO_FILTER} */
    public String filter() {
        int comma = key.indexOf(',');
        return comma < 0 ? NO_FILTER : key.substring(comma + 1);
    }
}
