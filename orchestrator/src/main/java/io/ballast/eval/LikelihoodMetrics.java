package io.ballast.eval;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * lm-eval 0.4.13's metrics of log-likelihoods ({@code ConfigurableTask.process_results}), by the kind of a task: of
 * choices {@code acc}, {@code acc_norm} (by code points), {@code acc_bytes}, {@code exact_match}; of one continuation
 * {@code perplexity}, {@code acc}; of a text {@code word_perplexity}, {@code byte_perplexity}, {@code bits_per_byte}.
 */
public final class LikelihoodMetrics {
    private final TaskFacts facts;
    private final List<Metric> metrics;

    LikelihoodMetrics(TaskFacts facts, List<Metric> metrics) {
        this.facts = facts;
        this.metrics = metrics;
    }

    /**
     * @param item what was asked
     * @param rows one an argument
     * @return what the item adds to each metric, by key
     */
    Map<String, Contribution> of(Item item, List<Likelihood> rows) {
        Map<String, Contribution> contributions = new LinkedHashMap<>();
        metrics.forEach(metric -> contributions.put(metric.key(), contribution(metric.name(), item, rows)));
        return contributions;
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
            case "exact_match" -> item.gold().stream().anyMatch(gold -> rows.get(gold).greedy());
            default -> throw unknown(metric);
        };
    }

    private static int choice(Item item, List<Likelihood> rows, ToDoubleFunction<String> length) {
        return firstMaximum(IntStream.range(0, rows.size()).mapToDouble(
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
