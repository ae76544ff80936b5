package io.ballast.eval;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a model scored on some tasks.
 *
 * @param results   one a task
 * @param groups    of tasks that were asked for by their group's name, children before parents
 * @param encoding  which special tokens were used
 * @param batchSize rows in a scoring batch
 * @param started   when it began
 * @param finished  when it ended
 */
public record Evaluation(List<TaskResult> results, List<TaskGroup> groups, Encoding encoding, int batchSize,
        Instant started, Instant finished) {
    /**
     * @param stage moment of the evaluation
     * @return the lines of {@code result.json}, one a task and metric
     */
    public List<Score> scores(String stage) {
        return results.stream().flatMap(result -> result.scores(stage).stream()).toList();
    }

    /**
     * Scores of groups, made of their tasks' as lm-eval makes them.
     *
     * @param stage moment of the evaluation
     * @return one a group and metric that the group's file asks for
     */
    public List<Score> groupScores(String stage) {
        return new GroupScores(groups, results).scores(stage);
    }

    /**
     * @param task name of an entry
     * @return its result, empty when it was not measured
     */
    public Optional<TaskResult> task(String task) {
        return results.stream().filter(result -> result.task().name().equals(task)).findFirst();
    }

    /** @return what a reader of the scores must know: items that the model could not read as a whole */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (TaskResult result : results) {
            warnings.addAll(result.task().warnings());
            if (result.duplicates() > 0) {
                warnings.add(result.task().name() + ": " + result.duplicates() + " of " + result.items().size()
                        + " items repeat an earlier one, which makes the standard error too small");
            }
            if (result.ties() > 0) {
                warnings.add(result.task().name() + ": of " + result.ties() + " of " + result.items().size()
                        + " items the best two answers are equally likely; the first counts, as in lm-eval");
            }
            if (result.cutItems() > 0) {
                warnings.add(result.task().name() + ": " + result.cutItems() + " of " + result.items().size()
                        + " items are longer than the " + encoding.maxLength() + " tokens that the model reads; "
                        + result.cutTokens() + " tokens were cut");
            }
        }
        return warnings;
    }
}
