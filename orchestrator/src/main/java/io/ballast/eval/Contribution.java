package io.ballast.eval;

/**
 * What one item adds to a metric: 1 or 0 of 1 for {@code acc}, nats of tokens for a perplexity.
 *
 * @param total  numerator
 * @param weight denominator, larger than 0
 */
public record Contribution(double total, double weight) {
    /**
     * @param right whether the item's answer is right
     * @return one item's part of an accuracy
     */
    public static Contribution of(boolean right) {
        return new Contribution(right ? 1 : 0, 1);
    }
}
