package io.ballast.cli;

import java.io.PrintStream;
import java.util.function.Supplier;

/**
 * Where a command says things. What was asked for goes to standard output, once: a JSON document
 * with {@code --json}, else text. Everything else goes to standard error. Safe for use by many threads.
 */
final class Output {
    /** Back to the start of the line, and clear it. */
    private static final String RESTART_LINE = "\r\033[K";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;
    private final boolean json;
    private final boolean quiet;
    private final boolean verbose;
    private boolean answered;
    private boolean midLine;

    /**
     * @param out       standard output
     * @param err       standard error
     * @param terminal  whether a person reads {@code err} on a terminal
     * @param arguments of the command line
     */
    Output(PrintStream out, PrintStream err, boolean terminal, String[] arguments) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
        this.json = CommonOptions.given(arguments, CommonOptions.JSON);
        this.quiet = CommonOptions.given(arguments, CommonOptions.QUIET);
        this.verbose = CommonOptions.given(arguments, CommonOptions.VERBOSE);
    }

    boolean isTerminal() {
        return terminal;
    }

    boolean isJson() {
        return json;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isVerbose() {
        return verbose;
    }

    /** What was asked for, in one form or the other; only the first answer of a process is given. */
    synchronized void answer(Supplier<String> document, Supplier<String> text) {
        if (answered) {
            return;
        }
        answered = true;
        clearStatus();
        out.println((json ? document : text).get().stripTrailing());
        out.flush();
    }

    /** Something on the way that a person may want to know. */
    synchronized void note(String text) {
        if (!quiet) {
            clearStatus();
            err.println(text);
        }
    }

    /** Something that a person must know. */
    synchronized void warn(String text) {
        clearStatus();
        err.println(text);
    }

    /** How far things are, in the place of the status before; only on a terminal. */
    synchronized void status(String text) {
        if (terminal && !quiet) {
            err.print(RESTART_LINE + text);
            err.flush();
            midLine = true;
        }
    }

    private void clearStatus() {
        if (midLine) {
            err.print(RESTART_LINE);
            midLine = false;
        }
    }
}
