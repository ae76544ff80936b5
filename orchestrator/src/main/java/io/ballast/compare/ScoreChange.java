package io.ballast.compare;

import io.ballast.eval.Contribution;
import io.ballast.eval.Estimate;
import io.ballast.eval.Metric;
import io.ballast.schema.MayBeAbsent;
import java.util.List;

/**
 * How one metric of one task changed between two models on the same items, and whether that is more than noise: a line
 * of a run's {@code forgetting} and {@code learned}, and of a comparison's {@code scores}.
 *
 * @param task           name of the task
 * @param metric         lm-eval's name; behind it a comma and the filter's name where there is a filter
 * @param before         the metric of the first model
 * @param after          the metric of the second
 * @param change         after − before
 * @param higherIsBetter whether a larger value is a better model
 * @param ci95           95 % interval of the change by a paired bootstrap over items: lower and upper end
 * @param p              two-sided p-value of "no change"
 * @param adjustedP      the same after Holm's correction over all lines beside this one; null in a result of an earlier
 *                       version, as {@code smallestChange} and {@code verdict}
 * @param test           where {@code p} comes from: {@code McNemar exact} or {@code paired bootstrap}
 * @param newlyWrong     items right before and wrong after; 0 where items are not right or wrong
 * @param newlyRight     items wrong before and right after; 0 likewise
 * @param n              items, the same ones before and after
 * @param smallestChange the smallest true change that this many items show with power 0.8 at α = 0.05, two-sided,
 *                       before Holm's correction; null where they are too few for any
 * @param verdict        from {@code adjustedP}: {@code better}, {@code worse} or {@code no change beyond noise}
 */
public record ScoreChange(String task, String metric, double before, double after, double change,
        boolean higherIsBetter, List<Double> ci95, double p, Double adjustedP, String test, int newlyWrong,
        int newlyRight, int n, Double smallestChange, @MayBeAbsent ChangeVerdict verdict) {

    /** The interval is a paired bootstrap's; p is McNemar's exact test where items are right or wrong, else its. */
    static ScoreChange of(PairedTask pair, Metric metric, long seed) {
        List<Contribution> first = pair.before().contributions(metric);
        List<Contribution> last = pair.after().contributions(metric);
        PairedBootstrap.Changes drawn = PairedBootstrap.of(metric.aggregation(), first, last).draw(seed);
        double before = Estimate.of(metric.aggregation(), first).value();
        double after = Estimate.of(metric.aggregation(), last).value();
        boolean rightOrWrong = pair.isRightOrWrong(metric);
        PairedAnswers answers = rightOrWrong ? pair.answers(metric) : new PairedAnswers();
        return new ScoreChange(pair.before().name(), metric.key(), before, after, after - before,
                metric.higherIsBetter(), drawn.interval95(), rightOrWrong ? answers.p() : drawn.p(), null,
                rightOrWrong ? McNemarTest.NAME : "paired bootstrap", answers.newlyWrong(), answers.newlyRight(),
                first.size(), rightOrWrong ? answers.smallestChange()
                        : SmallestChange.ofMeans(metric.aggregation(), first, last), null);
    }

    /** Among those that were looked at together. */
    ScoreChange adjusted(double adjusted) {
        return new ScoreChange(task, metric, before, after, change, higherIsBetter, ci95, p, adjusted, test, newlyWrong,
                newlyRight, n, smallestChange, ChangeVerdict.of(before, after, higherIsBetter, adjusted));
    }

    /** @return whether items are right or wrong under this metric */
    public boolean isRightOrWrong() {
        return test.equals(McNemarTest.NAME);
    }
}
