package io.ballast.config;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * One training phase.
 *
 * @param name                 of a domain phase: what its stage is called, or null
 * @param data                 where the rows come from
 * @param steps                optimizer steps, or null when {@code epochs} counts
 * @param epochs               passes over the data, or null when {@code steps} counts; 1 without either
 * @param batchSize            rows in a micro-batch
 * @param gradientAccumulation micro-batches in an optimizer step
 * @param autoBatch            whether a micro-batch that finds no room is computed in parts
 * @param learningRate         the schedule's peak
 * @param schedule             how the learning rate goes down after warm-up
 * @param warmupSteps          optimizer steps from 0 to the peak
 * @param weightDecay          AdamW's decoupled weight decay
 * @param clipNorm             largest gradient norm, 0 for no clipping
 * @param maxLength            tokens in a row, or null for min(the model's, 1024)
 * @param packing              several documents in a row, without attention across them
 * @param loggingSteps         optimizer steps between two looks at the loss
 * @param replay               of a domain phase: share of its rows that are general ones
 * @param replayData           of a domain phase: where the general rows come from; null: from the general phase's data
 * @param stop                 a rule in Python that may end the phase early, or null
 */
@Alternatives({"steps", "epochs"})
public record PhaseConfig(
        @Setting(value = "Of a domain phase: what the phase and the stage after it are called. By default domain; several"
                + " domains need one each.", pattern = "[A-Za-z0-9][A-Za-z0-9._-]*") String name,
        @Setting(value = "Where the rows come from.", required = true, minimum = 1) List<DataConfig> data,
        @Setting(value = "Optimizer steps. Give steps or epochs; neither means one epoch.", minimum = 1)
                Integer steps,
        @Setting(value = "Passes over the data. Give steps or epochs.", minimum = 0, exclusiveMinimum = true)
                Double epochs,
        @Setting(value = "Rows in a micro-batch.", byDefault = "8", minimum = 1) int batchSize,
        @Setting(value = "Micro-batches in an optimizer step.", byDefault = "1", minimum = 1)
                int gradientAccumulation,
        @Setting(value = "Where the device has no room for a micro-batch, it is computed in halves, quarters and so on,"
                + " whose gradients add up: a step keeps its rows. Only the last bits differ.", byDefault = "false")
                boolean autoBatch,
        @Setting(value = "The schedule's peak.", required = true, minimum = 0, exclusiveMinimum = true)
                double learningRate,
        @Setting(value = "How the learning rate goes down after warm-up.", byDefault = "\"linear\"")
                Schedule schedule,
        @Setting(value = "Optimizer steps in which the learning rate rises from 0 to its peak.", byDefault = "0",
                minimum = 0) int warmupSteps,
        @Setting(value = "AdamW's decoupled weight decay.", byDefault = "0", minimum = 0) double weightDecay,
        @Setting(value = "Largest gradient norm; a larger gradient is scaled down. 0 clips nothing.",
                byDefault = "1", minimum = 0) double clipNorm,
        @Setting(value = "Tokens in a row; a longer one is cut at the end. By default min(the model's, 1024).",
                minimum = 2) Integer maxLength,
        @Setting(value = "Several documents in a row, without attention across them.", byDefault = "false")
                boolean packing,
        @Setting(value = "Optimizer steps between two looks at the loss.", byDefault = "10", minimum = 1)
                int loggingSteps,
        @Setting(value = "Share of a domain phase's rows that are general ones, mixed in; 0.01 already keeps much. It"
                + " goes with any method (arXiv 2403.08763).", byDefault = "0", minimum = 0, maximum = 0.99) double replay,
        @Setting(value = "Where replayed rows come from; by default the data of the general phase.", minimum = 1)
                List<DataConfig> replayData,
        @Setting(value = "A stopping rule in Python, package.module:Name: it is given the step and the losses at each"
                + " look at the loss, and may end the phase before its last step.",
                pattern = PluginName.PATTERN) String stop) {

    private static final String DOMAIN = "domain";

    /** Learning-rate schedules. */
    public enum Schedule {
        /** Falls to 0 along a line. */
        LINEAR,
        /** Falls to 0 along half a cosine. */
        COSINE,
        /** Stays. */
        CONSTANT
    }

    /**
     * This phase with other data.
     *
     * @param change makes entries of entries; it may be given null
     * @return a copy
     */
    public PhaseConfig withData(UnaryOperator<List<DataConfig>> change) {
        return new PhaseConfig(name, change.apply(data), steps, epochs, batchSize, gradientAccumulation, autoBatch,
                learningRate, schedule,
                warmupSteps, weightDecay, clipNorm, maxLength, packing, loggingSteps, replay, change.apply(replayData),
                stop);
    }

    /**
     * This phase made shorter or longer, without its stopping rule.
     *
     * @param other optimizer steps
     * @return a copy
     */
    public PhaseConfig withSteps(int other) {
        return new PhaseConfig(name, data, other, null, batchSize, gradientAccumulation, autoBatch,
                learningRate, schedule,
                Math.min(warmupSteps, other), weightDecay, clipNorm, maxLength, packing, loggingSteps, replay,
                replayData, null);
    }

    /**
     * This phase in other micro-batches.
     *
     * @param rows        of each
     * @param accumulated how many make a step
     * @return a copy
     */
    public PhaseConfig withBatches(int rows, int accumulated) {
        return new PhaseConfig(name, data, steps, epochs, rows, accumulated, autoBatch, learningRate, schedule, warmupSteps,
                weightDecay, clipNorm, maxLength, packing, loggingSteps, replay, replayData, stop);
    }

    /**
     * This phase on a device that may have no room for its micro-batches.
     *
     * @return a copy with {@code autoBatch}
     */
    PhaseConfig withAutoBatch() {
        return new PhaseConfig(name, data, steps, epochs, batchSize, gradientAccumulation, true, learningRate, schedule,
                warmupSteps, weightDecay, clipNorm, maxLength, packing, loggingSteps, replay, replayData, stop);
    }

    /**
     * Where all its rows come from.
     *
     * @return its data, then what it replays where that is named
     */
    public List<DataConfig> entries() {
        return Stream.concat(data.stream(), Stream.ofNullable(replayData).flatMap(List::stream)).toList();
    }

    /**
     * What a domain phase and the stage after it are called.
     *
     * @return what was set, or domain
     */
    public String domainName() {
        return name == null ? DOMAIN : name;
    }

    /**
     * How often the phase goes over its data.
     *
     * @return what was set, 1 where neither steps nor epochs were, or null where steps were
     */
    @Override
    public Double epochs() {
        return epochs == null && steps == null ? Double.valueOf(1) : epochs;
    }
}
