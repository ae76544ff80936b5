package io.ballast.cli;

import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** One command of the command line. */
interface Command {
    /** @return what is typed */
    String name();

    /**
     * Its arguments in capitals, such as {@code MODEL}; {@code [MODEL]} may be left out, {@code MODEL...} stands for one
     * or more. An empty text when it takes none.
     *
     * @return them, with blanks between
     */
    String argument();

    /** @return one line about it */
    String summary();

    /** @return its own options, beside those that every command has */
    Options options();

    /**
     * Does it.
     *
     * @param line   its options and its arguments, checked for being there
     * @param output where to say things
     * @return the exit code
     * @throws io.ballast.BallastException when it cannot be done; {@link Main} says so and takes its exit code
     */
    int run(CommandLine line, Output output);
}
