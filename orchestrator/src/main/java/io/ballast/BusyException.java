package io.ballast;

/**
 * As many requests or runs wait as {@link Ballast.Builder} allows: try again later. A server answers 503 with it. Exit
 * code 3.
 */
public class BusyException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public BusyException(String message) {
        super(message);
    }

    @Override
    public int exitCode() {
        return 3;
    }
}
