package io.ballast.bench;

import java.util.Arrays;

/**
 * One thing that was measured of Ballast and of another program.
 *
 * @param name    what it is
 * @param ours    median over the runs
 * @param theirs  median over the runs; null where there is an absolute limit instead
 * @param unit    of both
 * @param ratio   ours divided by theirs or by the limit
 * @param goal    what the ratio should be; null where it is told without one
 * @param better  higher or lower
 * @param reached whether the ratio is as good as the goal; null without a goal
 * @param runs    how often each was measured
 */
public record Measurement(String name, double ours, Double theirs, String unit, double ratio, Double goal, String better,
        Boolean reached, int runs) {
    static final String LOWER = "lower";
    private static final String HIGHER = "higher";

    /**
     * A pace, from the seconds that the same work took again and again.
     *
     * @param name   what it is
     * @param items  of the work
     * @param ours   seconds of each run
     * @param theirs seconds of each run, as many
     * @param goal   what the ratio of items per second should at least be
     * @return the measurement
     */
    static Measurement ofPace(String name, int items, double[] ours, double[] theirs, double goal) {
        return compared(name, items / median(ours), items / median(theirs), "items/s", goal, HIGHER, ours.length);
    }

    /**
     * A rate that was measured again and again on both sides.
     *
     * @param name  what it is
     * @param pairs of both sides
     * @param unit  of both, such as tokens/s
     * @param goal  what the ratio of rates should at least be; null where it is told without one
     * @return the measurement
     */
    static Measurement ofRate(String name, Pairs pairs, String unit, Double goal) {
        return compared(name, median(pairs.ours()), median(pairs.theirs()), unit, goal, HIGHER, pairs.ours().length);
    }

    /**
     * The seconds that the same work took again and again on both sides.
     *
     * @param name   what it is
     * @param ours   seconds of each run
     * @param theirs seconds of each run, as many
     * @param goal   what the ratio of seconds should at most be
     * @return the measurement
     */
    static Measurement ofSeconds(String name, double[] ours, double[] theirs, double goal) {
        return compared(name, median(ours), median(theirs), "s", goal, LOWER, ours.length);
    }

    /**
     * The same thing measured on both sides.
     *
     * @param name   what it is
     * @param ours   median over the runs
     * @param theirs median over the runs
     * @param unit   of both
     * @param goal   what the ratio should be; null where it is told without one
     * @param better {@code lower} or {@code higher}
     * @param runs   how often each was measured
     * @return the measurement
     */
    static Measurement compared(String name, double ours, double theirs, String unit, Double goal, String better,
            int runs) {
        double ratio = ours / theirs;
        Boolean reached = goal == null ? null : better.equals(LOWER) ? ratio <= goal : ratio >= goal;
        return new Measurement(name, ours, theirs, unit, ratio, goal, better, reached, runs);
    }

    /**
     * Something that should be no more than a limit.
     *
     * @param name  what it is
     * @param ours  of each run
     * @param limit in the same unit
     * @param unit  of both
     * @return the measurement
     */
    static Measurement ofLimit(String name, double[] ours, double limit, String unit) {
        double ratio = median(ours) / limit;
        return new Measurement(name, median(ours), null, unit, ratio, 1.0, LOWER, ratio <= 1, ours.length);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
