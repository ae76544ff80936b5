package io.ballast;

/**
 * Another rank of a run that several processes make together has ended, or does not answer. The run can be resumed.
 * Exit code 4.
 */
public final class RankLostException extends TrainingFailedException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what was expected and found
     * @param cause   the Python exception
     */
    public RankLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
