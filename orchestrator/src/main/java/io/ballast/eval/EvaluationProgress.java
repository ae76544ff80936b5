package io.ballast.eval;

/** Hears how far an evaluation is. */
@FunctionalInterface
public interface EvaluationProgress {
    /**
     * Called on the evaluating thread after every batch.
     *
     * @param done  token rows scored; the longest come first, so that the pace only rises
     * @param total token rows altogether
     */
    void update(long done, long total);
}
