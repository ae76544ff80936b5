package io.ballast.eval;

/** Hears how far an evaluation is. */
@FunctionalInterface
public interface EvaluationProgress {
    /**
     * Called on the evaluating thread after every batch.
     *
     * @param done  items answered, token rows scored or prompts completed, whatever is counted; the longest come first,
     *              so that the pace only rises
     * @param total as many altogether
     */
    void update(long done, long total);
}
