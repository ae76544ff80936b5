package io.ballast.compare;

import io.ballast.eval.Aggregation;
import io.ballast.eval.Estimate;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How one number of a multiple-choice task's {@link Calibration} changed between two models.
 *
 * @param task           name of the task
 * @param measure        {@code ece}, the expected calibration error (a share), or {@code margin}, the mean of the gold
 *                       answer's margin (nats)
 * @param before         its value of the first model
 * @param after          its value of the second
 * @param change         after − before
 * @param higherIsBetter false for {@code ece}, true for {@code margin}
 * @param ci95           95 % interval of the change by a paired bootstrap over items: lower and upper end
 * @param n              items
 */
public record CalibrationChange(String task, String measure, double before, double after, double change,
        boolean higherIsBetter, List<Double> ci95, int n) {

    /** Name of the expected calibration error. */
    public static final String ECE = "ece";
    /** Name of the gold answer's margin. */
    public static final String MARGIN = "margin";

    static List<CalibrationChange> between(String task, Calibration before, Calibration after, long seed) {
        int n = before.size();
        int[] all = IntStream.range(0, n).toArray();
        PairedBootstrap error = new PairedBootstrap(n, drawn -> after.error(drawn) - before.error(drawn));
        PairedBootstrap margin = PairedBootstrap.of(Aggregation.MEAN, before.margins(), after.margins());
        return List.of(
                of(task, ECE, before.error(all), after.error(all), false, error.draw(seed), n),
                of(task, MARGIN, mean(before), mean(after), true, margin.draw(seed), n));
    }

    private static double mean(Calibration calibration) {
        return Estimate.of(Aggregation.MEAN, calibration.margins()).value();
    }

    private static CalibrationChange of(String task, String measure, double before, double after,
            boolean higherIsBetter, PairedBootstrap.Changes changes, int n) {
        return new CalibrationChange(task, measure, before, after, after - before, higherIsBetter,
                changes.interval95(), n);
    }
}
