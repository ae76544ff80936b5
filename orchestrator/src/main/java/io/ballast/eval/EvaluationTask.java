package io.ballast.eval;

import com.google.gson.JsonPrimitive;
import io.ballast.data.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** An entry of an experiment's evaluation, ready to be measured. Closed when it is not measured again. */
public interface EvaluationTask extends AutoCloseable {
    /** @return what the scores are called */
    String name();

    /** @return what the scores stand for */
    Role role();

    /** @return where the rows come from */
    TaskData data();

    /** @return examples before each question */
    int shots();

    /** @return what is reported */
    List<Metric> metrics();

    /** @return lm-eval's version of the task: a number, or "Yaml" */
    JsonPrimitive version();

    /** @return the task in the words of an lm-eval task file */
    Map<String, Object> describe();

    /** @return what a reader must know, such as a metric that is left out */
    List<String> warnings();

    /** @return size and time of each file that is read, by which a change is seen */
    Map<Path, String> fileStates();

    /**
     * Reads the rows that are on this machine and makes every question of them, without a model. Nothing is asked of the
     * task after it.
     *
     * @throws io.ballast.InvalidInputException when a file cannot be read, is empty, or a row cannot be used
     */
    void check();

    /**
     * Reads the rows and encodes what is asked about them.
     *
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     * @return items in the file's order
     * @throws io.ballast.InvalidInputException when a file cannot be read, is empty, or a row cannot be used
     */
    Items items(Tokenizer tokenizer, int maxLength);

    /**
     * What the answers are worth.
     *
     * @param items   what was asked, all items of the task
     * @param answers one an item
     * @return one an item
     */
    List<ItemResult> results(List<Item> items, List<Answer> answers);

    /**
     * @param metric  one of the task's
     * @param results one an item, at least one
     * @return value and standard error
     */
    default Estimate estimate(Metric metric, List<ItemResult> results) {
        return Estimate.of(metric.aggregation(), TaskResult.contributions(metric, results));
    }

    @Override
    default void close() {
    }
}
