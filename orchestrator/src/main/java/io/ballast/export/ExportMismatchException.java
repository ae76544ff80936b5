package io.ballast.export;

import io.ballast.BallastException;

/** What was written does not say what the model said, and was removed. Exit code 1: nothing that a user did. */
public final class ExportMismatchException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public ExportMismatchException(String message) {
        super(message);
    }

    @Override
    public int exitCode() {
        return 1;
    }
}
