package io.ballast.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A line of {@code samples_TASK_*.jsonl}, with lm-eval's keys and its way of writing values. */
final class Sample {
    private Sample() {}

    /**
     * @param result  of an item
     * @param metrics of its task that answers reach through this filter
     * @param filter  its name
     * @return the line as a JSON object
     */
    static Map<String, Object> of(ItemResult result, List<Metric> metrics, String filter) {
        Item item = result.item();
        Map<String, Object> sample = new LinkedHashMap<>();
        sample.put("doc_id", item.id());
        sample.put("doc", item.doc());
        sample.put("target", item.target());
        sample.put("arguments", arguments(item));
        List<?> responses = responses(result);
        sample.put("resps", responses.stream().map(List::of).toList());
        sample.put("filtered_resps", result.answer().text() == null ? responses
                : List.of(result.filtered().get(filter)));
        sample.put("filter", filter);
        sample.put("metrics", metrics.stream().map(Metric::name).toList());
        sample.put("doc_hash", item.hashes().doc());
        sample.put("prompt_hash", item.hashes().prompt());
        sample.put("target_hash", item.hashes().target());
        metrics.forEach(metric -> sample.put(metric.name(), value(metric, result)));
        return sample;
    }

    /** Of a whole text its log-likelihood; else that and whether it is the greedy one, as Python prints them. */
    private static List<?> responses(ItemResult result) {
        if (result.answer().text() != null) {
            return List.of(result.answer().text());
        }
        boolean whole = result.item().isWholeText();
        return result.answer().likelihoods().stream().map(each -> whole ? (Object) Double.toString(each.logProbability())
                : List.of(Double.toString(each.logProbability()), each.greedy() ? "True" : "False")).toList();
    }

    private static Map<String, Object> arguments(Item item) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        for (int i = 0; i < item.arguments().size(); i++) {
            List<String> texts = item.arguments().get(i).texts();
            Map<String, Object> argument = new LinkedHashMap<>();
            for (int j = 0; j < texts.size(); j++) {
                argument.put("arg_" + j, texts.get(j));
            }
            if (item.generation() != null) {
                argument.put("arg_1", item.generation().keywords());
            }
            arguments.put("gen_args_" + i, argument);
        }
        return arguments;
    }

    /** What lm-eval aggregates: a value such as right or wrong; a log-likelihood; or that with its weight. */
    private static Object value(Metric metric, ItemResult result) {
        Contribution contribution = result.contributions().get(metric.key());
        return switch (metric.aggregation()) {
            case MEAN -> contribution.total();
            case PERPLEXITY -> -contribution.total();
            case WEIGHTED_PERPLEXITY, BITS_PER_BYTE -> List.of(-contribution.total(), contribution.weight());
            case WHOLE -> result.values().get(metric.key());
        };
    }
}
