package io.ballast.cli;

import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The argument of commands that take an experiment, a file or {@code -}, and its option {@code --set}. */
final class ExperimentArgument {
    static final String SET = "set";
    /** In place of a file: JSON, whose paths start from here. */
    private static final String STANDARD_INPUT = "-";

    private ExperimentArgument() {
    }

    static Options options() {
        return new Options().addOption(CommonOptions.withValue(SET, "KEY=VALUE",
                "Override a setting, such as retention.lambda=3; paths start from here. May be repeated."));
    }

    static Experiment read(CommandLine line) {
        String[] set = line.getOptionValues(SET);
        List<String> overrides = set == null ? List.of() : List.of(set);
        String argument = line.getArgList().get(0);
        return argument.equals(STANDARD_INPUT) ? Experiment.parse(standardInput(), overrides, Path.of(""))
                : Experiment.read(path(argument), overrides);
    }

    private static String standardInput() {
        try {
            return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new InvalidInputException("expected an experiment on standard input; found that it cannot be read: "
                    + e + ".", e);
        }
    }

    static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new InvalidInputException("expected a path, found '" + text + "': " + e.getReason() + ".", e);
        }
    }
}
