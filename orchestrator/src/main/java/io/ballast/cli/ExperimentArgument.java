package io.ballast.cli;

import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The argument of commands that take an experiment, and its option {@code --set}. */
final class ExperimentArgument {
    static final String SET = "set";

    private ExperimentArgument() {
    }

    static Options options() {
        return new Options().addOption(CommonOptions.withValue(SET, "KEY=VALUE",
                "Override a setting, such as retention.lambda=3; paths start from here. May be repeated."));
    }

    static Experiment read(CommandLine line) {
        String[] overrides = line.getOptionValues(SET);
        return Experiment.read(path(line.getArgList().get(0)), overrides == null ? List.of() : List.of(overrides));
    }

    static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new InvalidInputException("expected a path, found '" + text + "': " + e.getReason() + ".", e);
        }
    }
}
