package io.ballast.compare;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.eval.Aggregation;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What {@code results_DATE.json} says about a task.
 *
 * @param name    of the task
 * @param results the whole file
 */
record TaskDescription(String name, JsonObject results) {
    /** lm-eval 0.4.13's aggregations of the metrics for which a task file need not name one ({@code api/metrics.py}). */
    private static final Map<String, Aggregation> BY_METRIC = Map.of(
            "perplexity", Aggregation.PERPLEXITY,
            "word_perplexity", Aggregation.WEIGHTED_PERPLEXITY,
            "byte_perplexity", Aggregation.WEIGHTED_PERPLEXITY,
            "bits_per_byte", Aggregation.BITS_PER_BYTE);
    private static final Map<String, Aggregation> BY_NAME = Arrays.stream(Aggregation.values())
            .collect(Collectors.toMap(Aggregation::key, Function.identity()));

    boolean isMultipleChoice() {
        return text("output_type").orElse("").equals("multiple_choice");
    }

    boolean isGenerated() {
        return text("output_type").orElse("").equals("generate_until");
    }

    /** @return the column that says what an item is about, or null; Ballast's own key */
    String subject() {
        return text("subject").orElse(null);
    }

    /** @return what stands between a prompt and a choice */
    String targetDelimiter() {
        return text("target_delimiter").orElse(" ");
    }

    /**
     * How a metric follows from its items, as far as is known; whoever uses it compares the outcome with
     * {@link #value}.
     */
    Aggregation aggregation(String metric) {
        return metricEntry(metric).map(entry -> entry.get("aggregation")).filter(JsonElement::isJsonPrimitive)
                .map(named -> BY_NAME.getOrDefault(named.getAsString(), Aggregation.MEAN))
                .orElse(BY_METRIC.getOrDefault(metric, Aggregation.MEAN));
    }

    boolean higherIsBetter(String metric) {
        return object(results, "higher_is_better").flatMap(all -> object(all, name)).map(own -> own.get(metric))
                .filter(JsonElement::isJsonPrimitive).map(JsonElement::getAsBoolean)
                .orElse(aggregation(metric) == Aggregation.MEAN);
    }

    /** @return the task's score under this key, such as {@code acc,none}, or null */
    Double value(String key) {
        return object(results, "results").flatMap(all -> object(all, name)).map(own -> own.get(key))
                .filter(JsonElement::isJsonPrimitive).map(JsonElement::getAsString)
                .filter(number -> number.matches("-?[0-9.]+([eE][-+]?[0-9]+)?")).map(Double::valueOf).orElse(null);
    }

    private Optional<JsonObject> config() {
        return object(results, "configs").flatMap(all -> object(all, name));
    }

    private Optional<String> text(String key) {
        return config().map(config -> config.get(key)).filter(JsonElement::isJsonPrimitive)
                .map(JsonElement::getAsString);
    }

    private Optional<JsonObject> metricEntry(String metric) {
        return config().map(config -> config.get("metric_list")).filter(JsonElement::isJsonArray)
                .flatMap(list -> list.getAsJsonArray().asList().stream().filter(JsonElement::isJsonObject)
                        .map(JsonElement::getAsJsonObject).filter(entry -> entry.has("metric")
                                && entry.get("metric").getAsString().equals(metric)).findFirst());
    }

    private static Optional<JsonObject> object(JsonObject parent, String key) {
        return Optional.ofNullable(parent.get(key)).filter(JsonElement::isJsonObject).map(JsonElement::getAsJsonObject);
    }
}
