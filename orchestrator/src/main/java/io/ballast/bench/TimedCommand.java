package io.ballast.bench;

import io.ballast.MissingEnvironmentException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A command that is run from its start to its end. */
final class TimedCommand {
    /** Words of a command that an error shows. */
    private static final int SHOWN = 16;

    private TimedCommand() {
    }

    /**
     * Runs a command.
     *
     * @param command   the program and its arguments
     * @param log       file for what it prints; written anew
     * @param variables of its environment, beside those that are there
     * @return seconds that it took
     * @throws MissingEnvironmentException when it does not end with 0
     */
    static double seconds(List<String> command, Path log, Map<String, String> variables) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(variables);
        long started = System.nanoTime();
        try {
            if (builder.start().waitFor() != 0) {
                throw new MissingEnvironmentException("expected '" + words(command) + "' to run; it ended with:\n"
                        + PythonProcess.endOf(log));
            }
        } catch (IOException e) {
            throw new MissingEnvironmentException("cannot run '" + words(command) + "': " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MissingEnvironmentException("interrupted while '" + words(command) + "' ran", e);
        }
        return (System.nanoTime() - started) / 1e9;
    }

    /** The program and what it is asked for, without what a class path fills the screen with. */
    private static String words(List<String> command) {
        List<String> shown = command.subList(Math.max(1, command.size() - SHOWN), command.size());
        return command.get(0) + " … " + String.join(" ", shown);
    }
}
