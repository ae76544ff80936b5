package io.ballast.eval;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The change of a metric between two models on the same items, with items drawn again with
 * replacement: an item's two results stay together, so that what makes an item hard for both
 * models cancels out (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
 */
final class PairedBootstrap {
    /** Draws; the 2.5 % quantile then rests on 250 of them. */
    static final int DRAWS = 10_000;

    private final Metric metric;
    private final double[] beforeTotals;
    private final double[] beforeWeights;
    private final double[] afterTotals;
    private final double[] afterWeights;

    /**
     * @param metric what is measured
     * @param before one an item
     * @param after  the same items in the same order
     */
    PairedBootstrap(Metric metric, List<Contribution> before, List<Contribution> after) {
        this.metric = metric;
        this.beforeTotals = before.stream().mapToDouble(Contribution::total).toArray();
        this.beforeWeights = before.stream().mapToDouble(Contribution::weight).toArray();
        this.afterTotals = after.stream().mapToDouble(Contribution::total).toArray();
        this.afterWeights = after.stream().mapToDouble(Contribution::weight).toArray();
        if (beforeTotals.length != afterTotals.length || beforeTotals.length == 0) {
            throw new IllegalArgumentException("a paired bootstrap needs the same items twice, found "
                    + beforeTotals.length + " and " + afterTotals.length);
        }
    }

    /**
     * @param seed of the draws
     * @return the changes, after − before, in ascending order
     */
    Changes draw(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] changes = new double[DRAWS];
        for (int draw = 0; draw < DRAWS; draw++) {
            changes[draw] = change(random);
        }
        Arrays.sort(changes);
        return new Changes(changes);
    }

    private double change(SplittableRandom random) {
        int n = beforeTotals.length;
        double beforeTotal = 0;
        double beforeWeight = 0;
        double afterTotal = 0;
        double afterWeight = 0;
        for (int i = 0; i < n; i++) {
            int item = random.nextInt(n);
            beforeTotal += beforeTotals[item];
            beforeWeight += beforeWeights[item];
            afterTotal += afterTotals[item];
            afterWeight += afterWeights[item];
        }
        return metric.value(afterTotal, afterWeight) - metric.value(beforeTotal, beforeWeight);
    }

    /**
     * The drawn changes.
     *
     * @param sorted ascending
     */
    record Changes(double[] sorted) {
        /**
         * @param probability between 0 and 1
         * @return the quantile, interpolated as {@code numpy.quantile} does by default
         */
        double quantile(double probability) {
            double position = probability * (sorted.length - 1);
            int below = (int) position;
            int above = Math.min(below + 1, sorted.length - 1);
            return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
        }

        /** @return the two-sided p-value: twice the smaller share of draws on one side of no change */
        double p() {
            long notAbove = Arrays.stream(sorted).filter(change -> change <= 0).count();
            long notBelow = Arrays.stream(sorted).filter(change -> change >= 0).count();
            // One is added as for a permutation test: no finite number of draws proves a p of 0.
            return Math.min(1, 2.0 * (1 + Math.min(notAbove, notBelow)) / (1 + sorted.length));
        }
    }
}
