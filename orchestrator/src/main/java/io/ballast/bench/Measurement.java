package io.ballast.bench;

import java.util.Arrays;

/**
 * One thing that was measured of Ballast and of another program.
 *
 * @param name    what it is
 * @param ours    median over the runs
 * @param theirs  median over the runs
 * @param unit    of both
 * @param ratio   ours divided by theirs
 * @param goal    what the ratio should be
 * @param better  higher or lower
 * @param reached whether the ratio is as good as the goal
 * @param runs    how often each was measured
 */
public record Measurement(String name, double ours, double theirs, String unit, double ratio, double goal, String better,
        boolean reached, int runs) {
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
        double ourPace = items / median(ours);
        double theirPace = items / median(theirs);
        double ratio = ourPace / theirPace;
        return new Measurement(name, ourPace, theirPace, "items/s", ratio, goal, "higher", ratio >= goal, ours.length);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
