package io.ballast.compare;

import io.ballast.eval.Aggregation;
import io.ballast.eval.CompensatedSum;
import io.ballast.eval.Contribution;
import io.ballast.eval.Evaluation;
import java.util.List;

/**
 * The smallest change that a comparison of this many items could have shown: the true change that a two-sided test at
 * α = 0.05 finds with probability 0.8, the minimal detectable effect. A change that was not found and is smaller than
 * this has not been ruled out. It is one test's, before Holm's correction.
 */
final class SmallestChange {
    /** The standard normal's 0.975 quantile: α = 0.05, two-sided. */
    private static final double Z_ALPHA = 1.959963984540054;
    /** The standard normal's 0.8 quantile: the power. */
    private static final double Z_POWER = 0.8416212335729143;

    private SmallestChange() {}

    /**
     * Of items that are right or wrong. For a share ψ of items that flip, either way, and a change δ, the sample size
     * is n = (z_α √ψ + z_power √(ψ − δ²))² / δ² (R. J. Connor, Sample size for testing differences in proportions for
     * the paired-sample design, Biometrics 43, 1987). Solved for δ that is √ψ · s with
     * s = (z_α √n + z_power √(n + z_power² − z_α²)) / (n + z_power²). As no change is larger than the share that
     * flips, ψ cannot be below δ: where the observed one is, δ = ψ = s², all flips one way.
     *
     * @param flipped items that changed from right to wrong or back
     * @param n       items
     * @return a share of items, or null where so few items can show no change at all
     */
    static Double ofFlips(int flipped, int n) {
        double radicand = n + Z_POWER * Z_POWER - Z_ALPHA * Z_ALPHA;
        if (radicand < 0) {
            return null;
        }
        double s = (Z_ALPHA * Math.sqrt(n) + Z_POWER * Math.sqrt(radicand)) / (n + Z_POWER * Z_POWER);
        double change = s * Math.max(Math.sqrt((double) flipped / n), s);
        return change <= 1 ? change : null;
    }

    /**
     * Of a mean, or of a function of a ratio of sums: (z_α + z_power) · SE (H. S. Bloom, Minimum detectable effects,
     * Evaluation Review 19, 1995). SE is the paired difference's standard error; for a mean it is s/√n of the items'
     * differences, else the delta method's.
     *
     * @param aggregation how the metric follows from its items
     * @param before      one an item
     * @param after       the same items in the same order
     * @return in the metric's unit, or null for a single item and for differences without any spread
     */
    static Double ofMeans(Aggregation aggregation, List<Contribution> before, List<Contribution> after) {
        int n = before.size();
        if (n < 2) {
            return null;
        }
        double[] first = influences(aggregation, before);
        double[] last = influences(aggregation, after);
        double[] squares = new double[n];
        for (int i = 0; i < n; i++) {
            squares[i] = (last[i] - first[i]) * (last[i] - first[i]);
        }
        double change = (Z_ALPHA + Z_POWER) * Math.sqrt(CompensatedSum.of(squares) * n / (n - 1));
        return change > 0 ? change : null;
    }

    /** What each item moves the value by, to first order; they sum to 0. */
    private static double[] influences(Aggregation aggregation, List<Contribution> contributions) {
        double total = CompensatedSum.of(contributions.stream().mapToDouble(Contribution::total).toArray());
        double weight = CompensatedSum.of(contributions.stream().mapToDouble(Contribution::weight).toArray());
        double ratio = total / weight;
        return contributions.stream()
                .mapToDouble(each -> aggregation.slope(ratio) * (each.total() - ratio * each.weight()) / weight)
                .toArray();
    }
}
