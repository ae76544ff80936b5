package io.ballast.checkpoint;

/**
 * How far a phase is, between two optimizer steps. The place in the data follows from the steps.
 *
 * @param phase             its name
 * @param done              optimizer steps made
 * @param tokens            of the rows that were taken
 * @param firstLoss         the first that was looked at, NaN before
 * @param lastLoss          the latest that was looked at, NaN before
 * @param nanoseconds       that it took, interruptions left out
 * @param waitedNanoseconds of these, for data
 * @param measuredNanoseconds of these, for batches on which importance alone is measured
 * @param reducedBatchSize  rows that are computed at once where a whole batch had no room; else 0
 */
public record PhasePosition(String phase, long done, long tokens, double firstLoss, double lastLoss, long nanoseconds,
        long waitedNanoseconds, long measuredNanoseconds, int reducedBatchSize) {

    /**
     * Where a phase begins.
     *
     * @param phase its name
     * @return no step made
     */
    public static PhasePosition start(String phase) {
        return new PhasePosition(phase, 0, 0, Double.NaN, Double.NaN, 0, 0, 0, 0);
    }
}
