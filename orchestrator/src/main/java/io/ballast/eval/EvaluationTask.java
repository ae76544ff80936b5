package io.ballast.eval;

import io.ballast.data.Tokenizer;
import java.util.List;
import java.util.Map;

/** An entry of an experiment's evaluation, ready to be measured. */
public sealed interface EvaluationTask permits LikelihoodTask, PerplexityTask {
    /** @return what the scores are called */
    String name();

    /** @return what the scores stand for */
    Role role();

    /** @return where the rows come from */
    TaskData data();

    /** @return what is reported */
    List<Metric> metrics();

    /** @return lm-eval's version of the task */
    String version();

    /** @return the task in the words of an lm-eval task file */
    Map<String, Object> describe();

    /**
     * Reads the rows and encodes what is asked about them.
     *
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     * @return items in the file's order
     * @throws io.ballast.InvalidInputException when the file cannot be read, is empty, or a row cannot be used
     */
    Items items(Tokenizer tokenizer, int maxLength);

    /**
     * @param item what was asked
     * @param rows     one for each of the item's token rows
     * @return what the item adds to each metric
     */
    ItemResult result(Item item, List<Likelihood> rows);
}
