package io.ballast;

/** A request took longer than its time limit, waiting included, and was stopped. Exit code 5. */
public class TimeLimitException extends StoppedException {
    private static final long serialVersionUID = 1L;

    /** @param message what was expected, what was found, where, and what to do */
    public TimeLimitException(String message) {
        super(message);
    }
}
