package io.ballast.eval;

/**
 * A metric of a task that was evaluated, here or by lm-eval.
 *
 * @param key            lm-eval's name; behind it a comma and the filter's name where there is a filter
 * @param aggregation    how it follows from its items
 * @param higherIsBetter whether a larger value is a better model
 */
record RecordedMetric(String key, Aggregation aggregation, boolean higherIsBetter) {
    static RecordedMetric of(Metric metric) {
        return new RecordedMetric(metric.key(), metric.aggregation(), metric.higherIsBetter());
    }
}
