package io.ballast.cli;

import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** One command of the command line. */
interface Command {
    /** @return what is typed */
    String name();

    /** @return its arguments' names in capitals, those that may be left out in brackets; empty when it takes none */
    String argument();

    /** @return one line about it */
    String summary();

    /** @return its own options, beside those that every command has */
    Options options();

    /**
     * Does it.
     *
     * @param line   its options and its argument, checked for being there
     * @param output where to say things
     * @return the exit code
     * @throws io.ballast.BallastException when it cannot be done; {@link Main} says so and takes its exit code
     */
    int run(CommandLine line, Output output);
}
