package io.ballast.cli;

import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.model.AnchorFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code ballast inspect}: says what a run folder, an anchor, a model folder or an experiment file holds, and compares
 * two anchors.
 */
final class InspectCommand implements Command {
    @Override
    public String name() {
        return "inspect";
    }

    @Override
    public String argument() {
        return "PATH [ANCHOR]";
    }

    @Override
    public String summary() {
        return "Say what is in a run, an anchor, a model folder or an experiment file; compare two anchors.";
    }

    @Override
    public Options options() {
        return new Options();
    }

    @Override
    public int run(CommandLine line, Output output) {
        Path path = ExperimentArgument.path(line.getArgList().get(0));
        if (line.getArgList().size() > 1) {
            compare(path, ExperimentArgument.path(line.getArgList().get(1)), output);
        } else if (Files.isRegularFile(path)) {
            experiment(path, output);
        } else if (Files.isRegularFile(path.resolve(Result.FILE))) {
            Result result = Result.read(path);
            output.answer(() -> Documents.wrapped("run", result.toJson()),
                    () -> ResultText.of(result, path) + ResultText.cost(result));
        } else if (Files.isRegularFile(path.resolve(AnchorFiles.METADATA))) {
            AnchorText anchor = AnchorText.read(path);
            output.answer(anchor::document, anchor::text);
        } else if (Files.isRegularFile(path.resolve("config.json"))) {
            String size = ValidateCommand.modelSize(path.toString());
            output.answer(() -> Documents.text("model", size), () -> "model       " + path + "\n            " + size);
        } else {
            throw new InvalidInputException("expected a run folder (" + Result.FILE + "), an anchor folder ("
                    + AnchorFiles.METADATA + "), a model folder (config.json) or an experiment file; found "
                    + (Files.isDirectory(path) ? "a folder with none of these" : "nothing") + " at " + path + ".");
        }
        return 0;
    }

    private static void compare(Path first, Path second, Output output) {
        for (Path path : List.of(first, second)) {
            if (!Files.isRegularFile(path.resolve(AnchorFiles.METADATA))) {
                throw new InvalidInputException("expected two anchor folders (" + AnchorFiles.METADATA
                        + ") to compare; found none at " + path + ". In a run folder it is the folder 'anchor'.");
            }
        }
        AnchorComparison comparison = AnchorComparison.of(first, second);
        output.answer(comparison::document, comparison::text);
    }

    private static void experiment(Path file, Output output) {
        Experiment experiment = Experiment.read(file, List.of());
        output.answer(() -> Documents.wrapped("experiment", experiment.toJson()),
                () -> ExperimentText.of(experiment.config(), "", data -> ""));
    }
}
