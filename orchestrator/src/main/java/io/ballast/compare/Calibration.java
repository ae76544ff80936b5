package io.ballast.compare;

import io.ballast.eval.Contribution;
import io.ballast.eval.Metric;
import java.util.Arrays;
import java.util.List;

/**
 * How sure a model is of its answers to multiple-choice items, and how rightly so. The probabilities are the softmax
 * of the log-likelihoods over an item's choices.
 *
 * <p>The expected calibration error is Σ |B| / n · |accuracy(B) − confidence(B)| over {@value #BINS} bins of equal
 * width (k−1)/{@value #BINS} &lt; p ≤ k/{@value #BINS} of the chosen answer's probability (C. Guo et al., On
 * Calibration of Modern Neural Networks, 2017, arXiv 1706.04599, equation 3). Few items in a bin make it larger than
 * it is; between two models on the same items that mostly cancels out.
 *
 * <p>The gold answer's margin is log p(gold) − max log p over the other choices, in nats: positive where the answer is
 * right. It moves before an answer flips, so it shows forgetting that accuracy does not show yet.
 */
final class Calibration {
    static final int BINS = 10;

    private final int[] bins;
    /** Right (1 or 0) − the chosen answer's probability. */
    private final double[] gaps;
    private final double[] margins;

    /**
     * @param items each with two choices or more, the log-likelihood of each and the right one's index
     */
    Calibration(List<RecordedItem> items) {
        int n = items.size();
        bins = new int[n];
        gaps = new double[n];
        margins = new double[n];
        for (int i = 0; i < n; i++) {
            add(i, items.get(i));
        }
    }

    private void add(int i, RecordedItem item) {
        List<Double> logs = item.logProbabilities();
        int gold = (int) item.target();
        int chosen = item.mostLikely();
        double others = Double.NEGATIVE_INFINITY;
        for (int choice = 0; choice < logs.size(); choice++) {
            others = choice == gold ? others : Math.max(others, logs.get(choice));
        }
        double confidence = item.probabilities().get(chosen);
        bins[i] = Math.max(0, (int) Math.ceil(confidence * BINS) - 1);
        gaps[i] = (chosen == gold ? 1 : 0) - confidence;
        margins[i] = logs.get(gold) - others;
    }

    /**
     * Why a task has no calibration.
     *
     * @param task with choices
     * @return the reason, or null where there is none
     */
    static String obstacle(RecordedTask task) {
        for (RecordedItem item : task.items()) {
            if (item.choices().size() < 2 || item.logProbabilities().size() != item.choices().size()) {
                return "item " + item.id() + " has " + item.logProbabilities().size() + " log-likelihoods for "
                        + item.choices().size() + " choices";
            }
            if (!item.logProbabilities().stream().allMatch(Double::isFinite)) {
                return "item " + item.id() + " has a log-likelihood that is not finite";
            }
            if (!(item.target() instanceof Integer gold) || gold < 0 || gold >= item.choices().size()) {
                return "item " + item.id() + " does not say which choice is right (target '" + item.target() + "')";
            }
            // Where acc says otherwise, the target is not what it looks like: several right answers, for example.
            Contribution right = item.contributions().get(Metric.ACC.key());
            if (right != null && right.total() > 0 != (item.mostLikely() == gold)) {
                return "item " + item.id() + "'s acc does not follow from its target '" + item.target() + "'";
            }
        }
        return null;
    }

    /** @return items */
    int size() {
        return gaps.length;
    }

    /**
     * @param items indices of items, with repetition
     * @return their expected calibration error
     */
    double error(int[] items) {
        double[] sums = new double[BINS];
        for (int item : items) {
            sums[bins[item]] += gaps[item];
        }
        double error = 0;
        for (double sum : sums) {
            error += Math.abs(sum);
        }
        return error / items.length;
    }

    /** @return each item's margin, nats */
    List<Contribution> margins() {
        return Arrays.stream(margins).mapToObj(margin -> new Contribution(margin, 1)).toList();
    }
}
