package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.checkpoint.CheckpointStore;
import io.ballast.config.ExperimentConfig;
import io.ballast.data.WholeFiles;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.stream.Stream;

/**
 * The folder of one run, {@code OUTPUT/NAME-YYYYMMDD-HHMMSS/}.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    /**
     * Makes a new folder; a second run within the same second gets {@code -2} at its end.
     *
     * @param experiment whose run it is
     * @return the folder, which is there and empty
     * @throws InvalidInputException when it cannot be made
     */
    public static RunFolder create(ExperimentConfig experiment) {
        Path output = Path.of(experiment.output());
        String name = experiment.name() + "-" + LocalDateTime.now().format(TIME);
        try {
            Files.createDirectories(output);
            for (int attempt = 1; ; attempt++) {
                try {
                    return new RunFolder(Files.createDirectory(output.resolve(attempt == 1 ? name
                            : name + "-" + attempt)));
                } catch (FileAlreadyExistsException taken) {
                    // another run began within this second
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException("Expected an output folder that can be written at " + output + "; found "
                    + e + ". Change 'output'.", e);
        }
    }

    /** @return where the model or the adapter goes */
    public Path model() {
        return path.resolve("model");
    }

    /** @return where the anchor goes */
    public Path anchor() {
        return path.resolve("anchor");
    }

    /**
     * @param domain name of one of several domains
     * @return where the anchor goes that was carried on from it
     */
    public Path anchor(String domain) {
        return path.resolve("anchors").resolve(domain);
    }

    /**
     * @param stage a stage's name
     * @return where its evaluation goes
     */
    public Path evaluation(String stage) {
        return path.resolve("evaluation").resolve(stage);
    }

    /** @return where the items that changed go */
    public Path flips() {
        return path.resolve("evaluation").resolve("flips");
    }

    /** @return bytes of all files in it but its checkpoints, which do not stay */
    long bytes() {
        Path checkpoints = CheckpointStore.folderOf(path);
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(file -> !file.startsWith(checkpoints)).filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            throw new UncheckedIOException("could not list " + path, e);
        }
    }

    /**
     * Writes a text so that a reader finds the old file or the new one, never a part.
     *
     * @param name file's name
     * @param text its content
     */
    public void write(String name, String text) {
        try {
            WholeFiles.write(path.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + path.resolve(name), e);
        }
    }
}
