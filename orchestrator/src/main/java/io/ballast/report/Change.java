package io.ballast.report;

import com.google.gson.JsonObject;
import java.util.Locale;

/**
 * A score before and after training. NaN stands for what was not measured.
 *
 * @param task           the task's name
 * @param metric         the metric's name
 * @param higherIsBetter false for a perplexity
 * @param before         value of the first stage
 * @param after          value of the last stage
 * @param low            lower end of the 95 % interval of after − before
 * @param high           upper end
 * @param p              p-value
 * @param adjustedP      the same after Holm's correction
 * @param test           where the p-value comes from, in words
 * @param newlyWrong     items that the first stage had right and the last has wrong
 * @param newlyRight     items the other way round
 * @param smallestChange the smallest change that the items could have shown
 * @param verdict        what it amounts to
 */
record Change(String task, String metric, boolean higherIsBetter, double before, double after,
              double low, double high, double p, double adjustedP, String test, double newlyWrong, double newlyRight,
              double smallestChange, Verdict verdict) {
    /** From here on a share (an accuracy) has changed a lot: five points. */
    static final double LARGE_SHARE = 0.05;
    /** From here on any other score (a perplexity) has changed a lot: a tenth of what it was. */
    static final double LARGE_RELATIVE = 0.10;
    /** From here on a share has changed so much that it is another model: twenty points. */
    static final double SEVERE_SHARE = 0.20;
    /** The same for any other score: its double. */
    static final double SEVERE_RELATIVE = 1.0;

    /** @return whether the score is a share of items, shown in percent and compared in points */
    boolean isShare() {
        return higherIsBetter && within01(before) && within01(after);
    }

    /** @return whether the score is no longer a number: the worst that can happen to it */
    boolean isBroken() {
        return Double.isFinite(before) && !Double.isFinite(after);
    }

    double difference() {
        return after - before;
    }

    /** @return by how much the score improved, in its own scale: points / 100 of a share, else relative to before */
    double improvement() {
        if (isBroken()) {
            return Double.NEGATIVE_INFINITY;
        }
        return inScale(higherIsBetter ? difference() : -difference());
    }

    boolean isLarge() {
        return isBeyond(Math.abs(improvement()), LARGE_SHARE, LARGE_RELATIVE);
    }

    boolean isSevere() {
        return isBeyond(Math.abs(improvement()), SEVERE_SHARE, SEVERE_RELATIVE);
    }

    /** @return a rise that is not known to be noise; without an interval only a large one counts */
    boolean improved() {
        return verdict == Verdict.BETTER || verdict == Verdict.UNTESTED && isLarge() && improvement() > 0;
    }

    /** @return a fall that is not known to be noise; without an interval only a large one counts */
    boolean worsened() {
        return verdict == Verdict.WORSE || verdict == Verdict.UNTESTED && isLarge() && improvement() < 0;
    }

    /** @return whether the interval contains both no change and a large loss: too few items to tell */
    boolean isInconclusive() {
        return verdict == Verdict.NOISE
                && isBeyond(inScale(higherIsBetter ? -low : high), LARGE_SHARE, LARGE_RELATIVE);
    }

    /** @return the change in a few words, such as "sciq acc fell by 11 points" */
    String inWords() {
        if (isBroken()) {
            return task + " " + metric + " is no longer a finite number";
        }
        String subject = task + " " + metric + (difference() < 0 ? " fell " : " rose ");
        if (isShare()) {
            return subject + "by " + Numbers.significant(100 * Math.abs(difference()), 3) + " points";
        }
        return subject + (after >= 2 * before && before > 0
                ? Numbers.significant(after / before, 2) + "-fold"
                : "by " + Numbers.percent(Math.abs(improvement())));
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("task", task);
        json.addProperty("metric", metric);
        json.addProperty("higherIsBetter", higherIsBetter);
        json.addProperty("share", isShare());
        json.addProperty("before", before);
        json.addProperty("after", after);
        json.addProperty("improvement", improvement());
        json.addProperty("low", low);
        json.addProperty("high", high);
        json.addProperty("p", p);
        json.addProperty("adjustedP", adjustedP);
        json.addProperty("test", test);
        json.addProperty("newlyWrong", newlyWrong);
        json.addProperty("newlyRight", newlyRight);
        json.addProperty("smallestChange", smallestChange);
        json.addProperty("verdict", verdict.name().toLowerCase(Locale.ROOT));
        json.addProperty("large", isLarge());
        return json;
    }

    private double inScale(double amount) {
        return isShare() ? amount : amount / Math.abs(before);
    }

    private boolean isBeyond(double amount, double share, double relative) {
        // A tolerance, so that 0.55 - 0.50 counts as the five points it is.
        return amount >= (isShare() ? share : relative) - 1e-9;
    }

    private static boolean within01(double value) {
        return value >= 0 && value <= 1;
    }
}
