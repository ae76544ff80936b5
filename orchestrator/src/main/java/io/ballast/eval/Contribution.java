package io.ballast.eval;

import com.google.gson.JsonElement;

/**
 * What one item adds to a metric: 1 or 0 of 1 for {@code acc}, nats of tokens for a perplexity.
 *
 * @param total  numerator
 * @param weight denominator, larger than 0
 */
public record Contribution(double total, double weight) {
    /**
     * @param metric what it adds to
     * @param sample lm-eval's value of an item: a number or truth value, or a number and its weight
     * @return the same; log-likelihoods become nats
     */
    static Contribution of(Metric metric, JsonElement sample) {
        int sign = metric.aggregation().isOfNats() ? -1 : 1;
        if (sample.isJsonArray()) {
            return new Contribution(sign * sample.getAsJsonArray().get(0).getAsDouble(),
                    sample.getAsJsonArray().get(1).getAsDouble());
        }
        boolean truth = sample.getAsJsonPrimitive().isBoolean();
        return new Contribution(truth ? sample.getAsBoolean() ? 1 : 0 : sign * sample.getAsDouble(), 1);
    }

    /**
     * @param right whether the item's answer is right
     * @return one item's part of an accuracy
     */
    public static Contribution of(boolean right) {
        return new Contribution(right ? 1 : 0, 1);
    }
}
