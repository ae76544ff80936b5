package io.ballast.config;

/**
 * How often a run keeps where it stands, so that it can be resumed.
 *
 * @param steps   optimizer steps of a phase from one checkpoint to the next, or null
 * @param minutes of a phase from one checkpoint to the next
 * @param keep    how many are kept; 0 writes none
 * @param async   whether a phase goes on while one is written, or null: on a GPU
 */
public record CheckpointConfig(
        @Setting(value = "Optimizer steps of a phase from one checkpoint to the next. By default time alone decides.",
                minimum = 1) Integer steps,
        @Setting(value = "Minutes of a phase from one checkpoint to the next; the ends of phases and evaluations have"
                + " one in any case.", minimum = 0, exclusiveMinimum = true, byDefault = "10") double minutes,
        @Setting(value = "How many checkpoints are kept while the run lasts, the newest; the one before serves where"
                + " the newest is damaged. 0 writes none: a run that is resumed begins again.", minimum = 0, byDefault = "2")
                int keep,
        @Setting("Whether a phase takes its next steps while its checkpoint is written. What is written is first copied to"
                + " the CPU's memory, which must have room for it (about three times the trained parameters, four while"
                + " importance is measured). By default so on a GPU.") Boolean async) {

    /**
     * These settings with other checkpoints kept.
     *
     * @param number how many
     * @return a copy
     */
    public CheckpointConfig keeping(int number) {
        return new CheckpointConfig(steps, minutes, number, async);
    }
}
