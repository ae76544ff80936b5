package io.ballast.train;

import io.ballast.BallastException;
import io.ballast.DeviceOutOfMemoryException;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.Words;
import io.ballast.python.Bridge;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** What to do where a phase found no room: the batch that, by the estimate of {@code validate}, would have had it. */
final class MemoryAdvice {
    private static final double GIBIBYTE = 1L << 30;

    private MemoryAdvice() {
    }

    /**
     * Explains. The phase has ended, so that what it held is free again; its model is still there.
     *
     * @param full       what Python met
     * @param phase      the phase's name
     * @param rowsAtOnce of the batch that was too large
     * @param longestRow tokens of the longest row
     * @param settings   of the phase, as Python has them
     * @return the exception for the user
     */
    static DeviceOutOfMemoryException of(DeviceOutOfMemoryException full, String phase, PhaseConfig config, int rowsAtOnce,
            int longestRow, Map<String, Object> settings, ExperimentConfig experiment, Bridge bridge) {
        return new DeviceOutOfMemoryException("Expected that the " + phase + " phase fits in the memory of "
                + experiment.model().device() + "; found no room for " + rowsAtOnce + " rows of up to " + longestRow
                + " tokens at once (" + full.getMessage().lines().findFirst().orElse("") + "). "
                + whatFits(config, rowsAtOnce, longestRow, settings, experiment, bridge), full);
    }

    private static String whatFits(PhaseConfig config, int rowsAtOnce, int longestRow, Map<String, Object> settings,
            ExperimentConfig experiment, Bridge bridge) {
        if (rowsAtOnce == 1) {
            return "Nothing less than a row can be computed: lower maxLength, set model.gradientCheckpointing to true, or"
                    + " train an adapter; 'ballast validate' tells what fits.";
        }
        int[] fewer = IntStream.iterate(rowsAtOnce, rows -> rows / 2).takeWhile(rows -> rows > 0).toArray();
        try {
            Map<String, Object> estimate = bridge.estimates().phases(Path.of(experiment.model().path()),
                    Words.of(experiment.model().dtype()), experiment.model().gradientCheckpointing(),
                    experiment.adapter() == null ? null : PreparedModel.settings(experiment.adapter()),
                    IntStream.of(fewer).mapToObj(rows -> new Forecast.Plan("", config.withBatches(rows,
                            accumulated(config, rows)), 0, longestRow, longestRow, 0, null, settings).toPython()).toList(),
                    experiment.model().device());
            return chosen(config, fewer, (List<?>) estimate.get("phases"), number(estimate, "availableBytes"));
        } catch (BallastException unknown) { // an adapter whose size hangs on the weights, or no room even for this
            return asBefore(config, fewer[1], "");
        }
    }

    private static String chosen(PhaseConfig config, int[] rows, List<?> phases, double available) {
        for (int i = 0; i < rows.length; i++) {
            double needed = bytes((Map<?, ?>) phases.get(i));
            if (needed <= available) {
                String why = String.format(Locale.ROOT, "By the estimate %d rows need %.2f GiB beside the model, and %.2f GiB"
                        + " are free now%s. ", rows[i], needed / GIBIBYTE, available / GIBIBYTE,
                        i == 0 ? ": something else, or a limit of the system's, took the room" : "");
                return asBefore(config, i == 0 ? rows[1] : rows[i], why);
            }
        }
        return String.format(Locale.ROOT, "By the estimate a single row needs %.2f GiB beside the model, and %.2f GiB are"
                + " free now: set model.gradientCheckpointing to true, or train an adapter; 'ballast validate' tells what"
                + " fits.", bytes((Map<?, ?>) phases.get(rows.length - 1)) / GIBIBYTE, available / GIBIBYTE);
    }

    private static String asBefore(PhaseConfig config, int rows, String why) {
        return why + "Set batchSize to " + rows + " and gradientAccumulation to " + accumulated(config, rows)
                + " for steps of as many rows; or start it with --auto-batch (the phase's autoBatch), which halves the batch"
                + " when it must.";
    }

    private static int accumulated(PhaseConfig config, int rows) {
        return config.gradientAccumulation() * ((config.batchSize() + rows - 1) / rows);
    }

    /** The model and its anchor are there. */
    private static double bytes(Map<?, ?> parts) {
        return parts.values().stream().mapToDouble(part -> ((Number) part).doubleValue()).sum() - number(parts, "weights");
    }

    private static double number(Map<?, ?> values, String name) {
        return ((Number) values.get(name)).doubleValue();
    }
}
