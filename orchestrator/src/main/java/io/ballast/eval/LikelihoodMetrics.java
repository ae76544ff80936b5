package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * lm-eval 0.4.13's metrics of log-likelihoods ({@code ConfigurableTask.process_results}), by the kind of a task: of
 * choices {@code acc}, {@code acc_norm} (by code points), {@code acc_bytes}, {@code acc_mutual_info}, {@code exact_match}, and what {@code f1},
 * {@code mcc} and {@code brier_score} are made of; of one continuation {@code perplexity}, {@code acc}; of a text
 * {@code word_perplexity}, {@code byte_perplexity}, {@code bits_per_byte}.
 */
public final class LikelihoodMetrics {
    private static final Gson JSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final TaskFacts facts;
    private final List<Metric> metrics;

    LikelihoodMetrics(TaskFacts facts, List<Metric> metrics) {
        this.facts = facts;
        this.metrics = metrics;
    }

    /**
     * @param items   what was asked
     * @param answers one an item
     * @return what came of them
     */
    List<ItemResult> results(List<Item> items, List<Answer> answers) {
        return IntStream.range(0, items.size()).mapToObj(i -> new ItemResult(items.get(i), answers.get(i), Map.of(),
                of(items.get(i), answers.get(i).likelihoods()), values(items.get(i), answers.get(i).likelihoods())))
                .toList();
    }

    /**
     * @param item what was asked
     * @param rows one an argument
     * @return what the item adds to each metric, by key
     */
    Map<String, Contribution> of(Item item, List<Likelihood> rows) {
        Map<String, Contribution> contributions = new LinkedHashMap<>();
        metrics.stream().filter(metric -> metric.aggregation() != Aggregation.WHOLE)
                .forEach(metric -> contributions.put(metric.key(), contribution(metric.name(), item, rows)));
        return contributions;
    }

    /**
     * @param item what was asked
     * @param rows one an argument
     * @return what each metric that is a function of all items takes of this one, by key
     * @throws InvalidInputException for an item with several right choices
     */
    Map<String, JsonElement> values(Item item, List<Likelihood> rows) {
        Map<String, JsonElement> values = new LinkedHashMap<>();
        metrics.stream().filter(metric -> metric.aggregation() == Aggregation.WHOLE)
                .forEach(metric -> values.put(metric.key(), value(metric.name(), item, rows)));
        return values;
    }

    private JsonElement value(String metric, Item item, List<Likelihood> rows) {
        return switch (metric) {
            case "f1", "mcc" -> JSON.toJsonTree(List.of(gold(metric, item), choice(item, rows, choice -> 1)));
            case "brier_score" -> JSON.toJsonTree(List.of(gold(metric, item),
                    softmax(rows.subList(0, item.choices().size()).stream().map(Likelihood::logProbability).toList())));
            default -> new JsonPrimitive(isRight(metric, item, rows) ? 1.0 : 0.0);
        };
    }

    private int gold(String metric, Item item) {
        if (item.gold().size() != 1) {
            throw new InvalidInputException(facts.task() + ", row " + item.id() + ": metric " + metric
                    + ": expected one right choice, found " + item.gold().size() + ". Take the metric out of the task file.");
        }
        return item.gold().get(0);
    }

    /**
     * @param logProbabilities one a choice, in nats
     * @return the probabilities of the choices among themselves
     */
    public static List<Double> softmax(List<Double> logProbabilities) {
        double largest = logProbabilities.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        double sum = logProbabilities.stream().mapToDouble(each -> Math.exp(each - largest)).sum();
        return logProbabilities.stream().map(each -> Math.exp(each - largest) / sum).toList();
    }

    private Contribution contribution(String metric, Item item, List<Likelihood> rows) {
        if (facts.isMultipleChoice()) {
            return Contribution.of(isRight(metric, item, rows));
        }
        Likelihood only = rows.get(0);
        String text = item.target();
        return switch (metric) {
            case "acc" -> Contribution.of(only.greedy());
            case "perplexity" -> new Contribution(-only.logProbability(), 1);
            case "word_perplexity" -> new Contribution(-only.logProbability(), PythonText.words(text));
            case "byte_perplexity", "bits_per_byte" -> new Contribution(-only.logProbability(), bytes(text));
            default -> throw unknown(metric);
        };
    }

    private boolean isRight(String metric, Item item, List<Likelihood> rows) {
        return switch (metric) {
            case "acc" -> item.gold().contains(choice(item, rows, choice -> 1));
            case "acc_norm" -> item.gold().contains(choice(item, rows, PythonText::length));
            case "acc_bytes" -> item.gold().contains(choice(item, rows, LikelihoodMetrics::bytes));
            case "acc_mutual_info" -> item.gold().contains(mostInformed(item.choices().size(), rows));
            case "exact_match" -> item.gold().stream().anyMatch(gold -> rows.get(gold).greedy());
            default -> throw unknown(metric);
        };
    }

    /** The choice whose log-likelihood the context raises most; behind the choices' rows stand those without context. */
    private static int mostInformed(int choices, List<Likelihood> rows) {
        return firstMaximum(IntStream.range(0, choices).mapToDouble(i -> rows.get(i).logProbability()
                - rows.get(choices + i).logProbability()).toArray());
    }

    private static int choice(Item item, List<Likelihood> rows, ToDoubleFunction<String> length) {
        return firstMaximum(IntStream.range(0, item.choices().size()).mapToDouble(
                i -> rows.get(i).logProbability() / length.applyAsDouble(item.choices().get(i))).toArray());
    }

    /**
     * As {@code numpy.argmax}.
     *
     * @param values at least one
     * @return index of the largest, the first of equal ones; of a NaN where there is one
     */
    public static int firstMaximum(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (!Double.isNaN(values[best]) && !(values[i] <= values[best])) {
                best = i;
            }
        }
        return best;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static IllegalArgumentException unknown(String metric) {
        return new IllegalArgumentException("no metric " + metric + " of log-likelihoods");
    }
}
