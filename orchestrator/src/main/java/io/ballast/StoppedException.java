package io.ballast;

/** Somebody asked for the end: Ctrl-C, a termination signal, or {@link Run#cancel()}. Exit code 5. */
public class StoppedException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public StoppedException(String message) {
        super(message);
    }

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param cause   what it was noticed by
     */
    public StoppedException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public int exitCode() {
        return 5;
    }
}
