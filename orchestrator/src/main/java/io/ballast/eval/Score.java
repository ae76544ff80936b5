package io.ballast.eval;

/**
 * One line of {@code result.json}'s {@code scores}.
 *
 * @param stage          moment of the evaluation
 * @param task           name of the evaluation entry
 * @param role           what it stands for
 * @param metric         {@code acc}, {@code acc_norm} or {@code perplexity}
 * @param value          the metric
 * @param stderr         its standard error over items, or null where there is one item only
 * @param n              items
 * @param higherIsBetter whether a larger value is a better model
 */
public record Score(String stage, String task, Role role, String metric, double value, Double stderr, int n,
        boolean higherIsBetter) {
}
