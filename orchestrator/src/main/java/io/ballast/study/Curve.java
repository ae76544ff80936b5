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

    /** One of the two scores of a row. */
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
     * The best of the other axis that the method reaches with at least a value of this one, on the straight lines between
     * neighbouring strengths: one would choose that strength. So a strength that is better on both axes counts, and a curve
     * that passes the value more than once gives the best.
     *
     * @param axis         whose value is asked for
     * @param value        at least as good as this
     * @param axisIsHigher whether a larger value of this axis is better
     * @param other        what is read off
     * @param otherIsHigher whether a larger value of that is better
     * @return empty where no strength reaches the value
     */
    Optional<Double> at(Axis axis, double value, boolean axisIsHigher, Axis other, boolean otherIsHigher) {
        List<Double> found = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            double here = axis.applyAsDouble(points.get(i));
            if (axisIsHigher ? here >= value : here <= value) {
                found.add(other.applyAsDouble(points.get(i)));
            }
            if (i + 1 < points.size()) {
                crossing(axis, value, other, i).ifPresent(found::add);
            }
        }
        return found.stream().reduce((one, two) -> otherIsHigher == one > two ? one : two);
    }

    private Optional<Double> crossing(Axis axis, double value, Axis other, int i) {
        double from = axis.applyAsDouble(points.get(i));
        double to = axis.applyAsDouble(points.get(i + 1));
        if (from == to || Math.min(from, to) > value || value > Math.max(from, to)) {
            return Optional.empty();
        }
        double share = (value - from) / (to - from);
        return Optional.of((1 - share) * other.applyAsDouble(points.get(i))
                + share * other.applyAsDouble(points.get(i + 1)));
    }
}
