package io.ballast;

/** Something Ballast needs on this machine is missing or broken. Exit code 3. */
public class MissingEnvironmentException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public MissingEnvironmentException(String message) {
        super(message);
    }

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param cause   what it was noticed by
     */
    public MissingEnvironmentException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public int exitCode() {
        return 3;
    }
}
