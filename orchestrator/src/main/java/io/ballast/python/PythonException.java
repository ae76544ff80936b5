package io.ballast.python;

import io.ballast.BallastException;

/** A Python exception that is nobody's input but a bug, with its type and traceback. Exit code 1. */
public final class PythonException extends BallastException {
    private static final long serialVersionUID = 1L;

    /** Qualified name. */
    private final String pythonType;
    /** With line ends. */
    private final String traceback;

    /**
     * @param pythonType qualified name of the Python exception
     * @param message    its text
     * @param traceback  Python's traceback, with line ends
     * @param cause      what Jep threw
     */
    public PythonException(String pythonType, String message, String traceback, Throwable cause) {
        super(pythonType + ": " + message + System.lineSeparator() + traceback, cause);
        this.pythonType = pythonType;
        this.traceback = traceback;
    }

    /** @return qualified name of the Python exception, such as {@code builtins.ValueError} */
    public String pythonType() {
        return pythonType;
    }

    /** @return Python's traceback, with line ends */
    public String traceback() {
        return traceback;
    }

    @Override
    public int exitCode() {
        return 1;
    }
}
