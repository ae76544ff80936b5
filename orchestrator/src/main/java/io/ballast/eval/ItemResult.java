package io.ballast.eval;

import java.util.List;
import java.util.Map;

/**
 * What a model makes of an item.
 *
 * @param item      what was asked
 * @param likelihoods   one an argument; for a text in windows, the sum over them
 * @param contributions what the item adds to each of the task's metrics, by the metric's key
 */
public record ItemResult(Item item, List<Likelihood> likelihoods,
        Map<String, Contribution> contributions) {
    /**
     * @param metric one that says right or wrong
     * @return whether the model is right about the item
     */
    boolean isRight(Metric metric) {
        return contributions.get(metric.key()).total() > 0;
    }
}
