package io.ballast.compare;

import io.ballast.eval.Aggregation;
import io.ballast.eval.Contribution;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * The change of a statistic between two models on the same items, with items drawn again with
 * replacement: an item's two results stay together, so that what makes an item hard for both
 * models cancels out (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
 */
final class PairedBootstrap {
    /** Draws; the 2.5 % quantile then rests on 250 of them. */
    static final int DRAWS = 10_000;

    private final int items;
    private final ToDoubleFunction<int[]> change;

    /**
     * @param items  how many there are, at least 1
     * @param change after − before of the items with these indices, an index as often as it was drawn
     */
    PairedBootstrap(int items, ToDoubleFunction<int[]> change) {
        if (items < 1) {
            throw new IllegalArgumentException("a paired bootstrap needs items, found " + items);
        }
        this.items = items;
        this.change = change;
    }

    /**
     * The change of a metric.
     *
     * @param aggregation how the metric follows from its items
     * @param before      one an item
     * @param after       the same items in the same order
     * @return its bootstrap
     */
    static PairedBootstrap of(Aggregation aggregation, List<Contribution> before, List<Contribution> after) {
        if (before.size() != after.size()) {
            throw new IllegalArgumentException("a paired bootstrap needs the same items twice, found "
                    + before.size() + " and " + after.size());
        }
        ToDoubleFunction<int[]> first = value(aggregation, before);
        ToDoubleFunction<int[]> last = value(aggregation, after);
        return new PairedBootstrap(before.size(), drawn -> last.applyAsDouble(drawn) - first.applyAsDouble(drawn));
    }

    private static ToDoubleFunction<int[]> value(Aggregation aggregation, List<Contribution> contributions) {
        double[] totals = contributions.stream().mapToDouble(Contribution::total).toArray();
        double[] weights = contributions.stream().mapToDouble(Contribution::weight).toArray();
        return drawn -> {
            double total = 0;
            double weight = 0;
            for (int item : drawn) {
                total += totals[item];
                weight += weights[item];
            }
            return aggregation.value(total, weight);
        };
    }

    /**
     * @param seed of the draws
     * @return the changes, after − before, in ascending order
     */
    Changes draw(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] changes = new double[DRAWS];
        int[] drawn = new int[items];
        for (int draw = 0; draw < DRAWS; draw++) {
            for (int i = 0; i < items; i++) {
                drawn[i] = random.nextInt(items);
            }
            changes[draw] = change.applyAsDouble(drawn);
        }
        Arrays.sort(changes);
        return new Changes(changes);
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

        /** @return the 95 % interval: lower and upper end */
        List<Double> interval95() {
            return List.of(quantile(0.025), quantile(0.975));
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
