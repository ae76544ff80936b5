package io.ballast;

/**
 * What goes wrong in Ballast. The kind decides the exit code of the command line; a program that
 * embeds Ballast catches the subclass it can do something about.
 */
public abstract class BallastException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    protected BallastException(String message) {
        super(message);
    }

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param cause   what it was noticed by
     */
    protected BallastException(String message, Throwable cause) {
        super(message, cause);
    }

    /** @return the exit code of the command line: 1, 2, 3, 4 or 5 as the design's table has them */
    public abstract int exitCode();
}
