package io.ballast.eval;

import io.ballast.InvalidInputException;
import java.util.ArrayList;
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
        requireSameItems(before, after);
        return before.task().metrics().stream().map(metric -> between(metric, before, after, seed)).toList();
    }

    private static Forgetting between(Metric metric, TaskResult before, TaskResult after, long seed) {
        double first = before.estimate(metric).value();
        double last = after.estimate(metric).value();
        PairedBootstrap.Changes changes =
                new PairedBootstrap(metric, before.contributions(metric), after.contributions(metric)).draw(seed);
        int newlyWrong = 0;
        int newlyRight = 0;
        if (metric.isRightOrWrong()) {
            for (int i = 0; i < before.items().size(); i++) {
                boolean was = before.items().get(i).isRight(metric);
                boolean is = after.items().get(i).isRight(metric);
                newlyWrong += was && !is ? 1 : 0;
                newlyRight += !was && is ? 1 : 0;
            }
        }
        return new Forgetting(before.task().name(), metric.key(), first, last, last - first, metric.higherIsBetter(),
                List.of(changes.quantile(0.025), changes.quantile(0.975)),
                metric.isRightOrWrong() ? McNemarTest.p(newlyWrong, newlyRight) : changes.p(),
                metric.isRightOrWrong() ? "McNemar exact" : "paired bootstrap",
                newlyWrong, newlyRight, before.items().size());
    }

    private static void requireSameItems(TaskResult before, TaskResult after) {
        if (!texts(before).equals(texts(after))) {
            throw new InvalidInputException("task " + before.task().name() + ": expected the same items before and "
                    + "after, found " + before.items().size() + " and " + after.items().size()
                    + " that differ; evaluate both on one data file");
        }
    }

    private static List<Object> texts(TaskResult result) {
        List<Object> texts = new ArrayList<>();
        result.items().forEach(each -> {
            texts.add(each.item().arguments());
            texts.add(each.item().target());
        });
        return texts;
    }
}
