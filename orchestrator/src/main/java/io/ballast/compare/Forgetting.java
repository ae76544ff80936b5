package io.ballast.compare;

import io.ballast.InvalidInputException;
import io.ballast.eval.TaskResult;
import java.util.List;

/**
 * How one score of a task changed between two models, with its uncertainty: a line of
 * {@code result.json}'s {@code forgetting}.
 *
 * @param task           name of the evaluation entry
 * @param metric         what was measured
 * @param before         the metric at the first stage
 * @param after          the metric at the last stage
 * @param change         after − before
 * @param higherIsBetter whether a larger value is a better model
 * @param ci95           95 % interval of the change: lower and upper end
 * @param p              two-sided p-value of "no change"
 * @param test           where {@code p} comes from
 * @param newlyWrong     items right before and wrong after; 0 where items are not right or wrong
 * @param newlyRight     items wrong before and right after; 0 likewise
 * @param n              items, the same ones before and after
 */
public record Forgetting(String task, String metric, double before, double after, double change,
        boolean higherIsBetter, List<Double> ci95, double p, String test, int newlyWrong, int newlyRight, int n) {

    /**
     * Compares two models on the same items. The interval is a paired bootstrap's over items; the
     * p-value is McNemar's exact test where items are right or wrong, the bootstrap's otherwise.
     *
     * @param before a task's result at the first stage
     * @param after  the same task's at the last
     * @param seed   of the bootstrap
     * @return one line a metric
     * @throws InvalidInputException when the items are not the same
     */
    public static List<Forgetting> between(TaskResult before, TaskResult after, long seed) {
        PairedTask pair = new PairedTask(RecordedTask.of(before), RecordedTask.of(after));
        return pair.metrics().stream().map(metric -> pair.change(metric, seed)).toList();
    }
}
