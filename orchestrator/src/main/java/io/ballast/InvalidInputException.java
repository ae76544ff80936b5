package io.ballast;

/** The user's input is wrong: an experiment, a data file, a model or a command. Exit code 2. */
public class InvalidInputException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public InvalidInputException(String message) {
        super(message);
    }

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param cause   what it was noticed by
     */
    public InvalidInputException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public int exitCode() {
        return 2;
    }
}
