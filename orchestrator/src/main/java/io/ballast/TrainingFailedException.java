package io.ballast;

/** Training could not go on: it diverged, or the device ran out of memory. Exit code 4. */
public class TrainingFailedException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public TrainingFailedException(String message) {
        super(message);
    }

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param cause   what it was noticed by
     */
    public TrainingFailedException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public int exitCode() {
        return 4;
    }
}
