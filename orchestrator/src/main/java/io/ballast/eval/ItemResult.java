package io.ballast.eval;

import com.google.gson.JsonElement;
import java.util.Map;

/**
 * What a model makes of an item.
 *
 * @param item          what was asked
 * @param answer        what it said
 * @param filtered      what each filter made of the answer, as lm-eval writes it; empty where nothing is filtered
 * @param contributions what the item adds to each of the task's metrics, by the metric's key
 * @param values        what the metrics that are functions of all items are made of, by the metric's key
 */
public record ItemResult(Item item, Answer answer, Map<String, JsonElement> filtered,
        Map<String, Contribution> contributions, Map<String, JsonElement> values) {
}
