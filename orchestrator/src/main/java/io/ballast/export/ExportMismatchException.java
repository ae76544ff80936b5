package io.ballast.export;

import io.ballast.BallastException;

/** What was written does not say what the model said, and was removed. */
public final class ExportMismatchException extends BallastException {
    private static final long serialVersionUID = 1L;
    private static final int WRONG_INPUT = 2;
    private static final int BUG = 1;

    /** Whether the weights were rounded, as was asked for. */
    private final boolean rounded;

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param rounded whether the weights were rounded, as was asked for: then the dtype is too coarse for the model
     */
    public ExportMismatchException(String message, boolean rounded) {
        super(message);
        this.rounded = rounded;
    }

    /** @return 2 where a dtype was asked for that is too coarse for the model; else 1, since we must be wrong */
    @Override
    public int exitCode() {
        return rounded ? WRONG_INPUT : BUG;
    }
}
