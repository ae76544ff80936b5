package io.ballast.compare;

import java.util.List;

/**
 * How one metric of one task changed between two evaluations: a {@link Forgetting}, with what many tests at once cost
 * and what could have been seen.
 *
 * @param task           name of the task
 * @param metric         lm-eval's name; behind it a comma and the filter's name where there is a filter
 * @param before         the metric of the first evaluation
 * @param after          the metric of the second
 * @param change         after − before
 * @param higherIsBetter whether a larger value is a better model
 * @param ci95           95 % interval of the change by a paired bootstrap over items: lower and upper end
 * @param p              two-sided p-value of "no change"
 * @param adjustedP      the same after Holm's correction over all tasks and metrics of the comparison
 * @param test           where {@code p} comes from: {@code McNemar exact} or {@code paired bootstrap}
 * @param newlyWrong     items right before and wrong after; 0 where items are not right or wrong
 * @param newlyRight     items wrong before and right after; 0 likewise
 * @param n              items, the same ones before and after
 * @param smallestChange the smallest true change that this many items show with power 0.8 at α = 0.05, two-sided,
 *                       before Holm's correction; null where they are too few for any
 * @param verdict        from {@code adjustedP}: {@code better}, {@code worse} or {@code no change beyond noise}
 */
public record ScoreChange(String task, String metric, double before, double after, double change,
        boolean higherIsBetter, List<Double> ci95, double p, double adjustedP, String test, int newlyWrong,
        int newlyRight, int n, Double smallestChange, ChangeVerdict verdict) {

    static ScoreChange of(Forgetting change, double adjustedP, Double smallestChange) {
        return new ScoreChange(change.task(), change.metric(), change.before(), change.after(), change.change(),
                change.higherIsBetter(), change.ci95(), change.p(), adjustedP, change.test(), change.newlyWrong(),
                change.newlyRight(), change.n(), smallestChange,
                ChangeVerdict.of(change.change(), change.higherIsBetter(), adjustedP));
    }

    /** @return whether items are right or wrong under this metric */
    public boolean isRightOrWrong() {
        return test.equals(McNemarTest.NAME);
    }
}
