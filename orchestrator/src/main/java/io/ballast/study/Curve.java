package io.ballast.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * One method on one domain with one seed: what was learned and kept from its weakest strength to its strongest.
 *
 * @param points completed rows, in the order of strength
 */
record Curve(List<StudyRow> points) {

    /** A score read off a curve, between two of its points. */
    interface Axis extends ToDoubleFunction<StudyRow> {
        /** What was learned. */
        Axis LEARNED = row -> row.learned();
        /** What was kept. */
        Axis KEPT = row -> row.kept();
    }

    /** The interval of an axis that the curve spans; empty for fewer than two points. */
    Optional<double[]> range(Axis axis) {
        if (points.size() < 2) {
            return Optional.empty();
        }
        return Optional.of(new double[] {points.stream().mapToDouble(axis).min().getAsDouble(),
            points.stream().mapToDouble(axis).max().getAsDouble()});
    }

    /**
     * The other axis where this one has a value, on the straight lines between neighbouring strengths. A curve that
     * passes the value more than once gives the best: one would choose that strength.
     */
    Optional<Double> at(Axis axis, double value, Axis other, boolean higherIsBetter) {
        List<Double> found = new ArrayList<>();
        for (int i = 0; i + 1 < points.size(); i++) {
            double from = axis.applyAsDouble(points.get(i));
            double to = axis.applyAsDouble(points.get(i + 1));
            if (Math.min(from, to) <= value && value <= Math.max(from, to)) {
                double share = to == from ? 0 : (value - from) / (to - from);
                found.add((1 - share) * other.applyAsDouble(points.get(i))
                        + share * other.applyAsDouble(points.get(i + 1)));
            }
        }
        return found.stream().reduce((one, two) -> higherIsBetter == one > two ? one : two);
    }
}
