package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A task measured by log-likelihood, lm-eval's {@code multiple_choice} and {@code loglikelihood}.
 *
 * @param name       what the scores are called
 * @param role       what they stand for
 * @param definition what is asked
 * @param data       where the rows come from
 * @param columns    the task's column names to the file's, where they differ
 */
public record LikelihoodTask(String name, Role role, TaskDefinition definition, TaskData data,
        Map<String, String> columns) implements EvaluationTask {

    @Override
    public List<Metric> metrics() {
        return definition.metrics();
    }

    @Override
    public String version() {
        return definition.version();
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("task", definition.name());
        config.put("output_type", definition.outputType());
        config.put("doc_to_text", definition.prompt());
        config.put("doc_to_target", definition.target());
        if (definition.choices() != null) {
            config.put("doc_to_choice", definition.choices().toJson());
        }
        config.put("target_delimiter", TaskDefinition.DELIMITER);
        config.put("columns", columns);
        return config;
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        Questions questions = new Questions(definition, columns, data.file());
        PairEncoder encoder = new PairEncoder(tokenizer, maxLength);
        return data.items((row, id) -> questions.item(row, id, encoder));
    }

    @Override
    public ItemResult result(Item item, List<Likelihood> rows) {
        Map<String, Contribution> contributions = new LinkedHashMap<>();
        if (definition.choices() == null) {
            Likelihood only = rows.get(0);
            contributions.put(Metric.PERPLEXITY.key(), new Contribution(-only.logProbability(), 1));
            contributions.put(Metric.ACC.key(), Contribution.of(only.greedy()));
        } else {
            for (Metric metric : metrics()) {
                contributions.put(metric.key(), Contribution.of(choice(metric, item, rows) == (int) item.target()));
            }
        }
        return new ItemResult(item, rows, contributions);
    }

    /**
     * @param metric   how choices are compared
     * @param item with choices
     * @param rows     one a choice
     * @return index of the most likely choice
     */
    static int choice(Metric metric, Item item, List<Likelihood> rows) {
        return firstMaximum(IntStream.range(0, rows.size()).mapToDouble(i -> {
            double logProbability = rows.get(i).logProbability();
            return metric.equals(Metric.ACC_NORM)
                    ? logProbability / PythonText.length(item.choices().get(i))
                    : logProbability;
        }).toArray());
    }

    /**
     * As {@code numpy.argmax}.
     *
     * @param values at least one
     * @return index of the largest, the first of equal ones
     */
    public static int firstMaximum(double[] values) {
        return IntStream.range(0, values.length).reduce((best, i) -> values[i] > values[best] ? i : best)
                .orElseThrow(() -> new InvalidInputException("a question without choices"));
    }
}
