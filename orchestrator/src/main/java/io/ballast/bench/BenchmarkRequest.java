package io.ballast.bench;

import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import io.ballast.python.PythonEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * What somebody asked {@code ballast bench} for.
 *
 * @param environment the Python of both sides
 * @param ballast     the command that starts Ballast, without arguments
 * @param model       folder of the model, where one was named
 * @param data        folder of the data, where one was named
 * @param pairs       how often each side is measured, where it was said
 * @param settings    further settings by name, each benchmark's own
 * @param note        hears what cannot be measured, and what is known beside the measurements
 */
public record BenchmarkRequest(PythonEnvironment environment, List<String> ballast, Optional<Path> model,
        Optional<Path> data, OptionalInt pairs, Map<String, String> settings, Consumer<String> note) {
    private static final String COUNT = "[1-9][0-9]{0,8}";

    /**
     * @return the model that was named, else the checkpoint beside the project that its offline examples use
     * @throws InvalidInputException when there is neither
     */
    public Path modelOrDefault() {
        return model.orElseGet(() -> shared("models/stories15M", "--model"));
    }

    /**
     * @return the data that were named, else those beside the project that its offline examples use
     * @throws InvalidInputException when there are neither
     */
    public Path dataOrDefault() {
        return data.orElseGet(() -> shared("data", "--data-dir"));
    }

    /**
     * Refuses settings that a benchmark does not have.
     *
     * @param known those that it has
     * @throws InvalidInputException when there is another
     */
    public void allow(List<String> known) {
        settings.keySet().stream().filter(name -> !known.contains(name)).findFirst().ifPresent(unknown -> {
            throw new InvalidInputException("--set: expected a setting of this benchmark, found '" + unknown + "'. "
                    + NearestName.advice(unknown, known));
        });
    }

    /**
     * A number among the settings.
     *
     * @param name      of the setting
     * @param otherwise what it is when nothing was said
     * @return it
     * @throws InvalidInputException when it is not a whole number of 1 or more
     */
    public int count(String name, int otherwise) {
        String given = settings.get(name);
        if (given == null) {
            return otherwise;
        }
        if (!given.matches(COUNT)) {
            throw new InvalidInputException("--set " + name + ": expected a whole number of 1 or more, found '" + given
                    + "'.");
        }
        return Integer.parseInt(given);
    }

    private Path shared(String path, String option) {
        Path folder = environment.packagePath().toAbsolutePath().normalize().getParent().resolveSibling("shared")
                .resolve(path);
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException("bench: expected " + option + " DIR, found none, and no folder " + folder
                    + " to take in its place. Name a folder.");
        }
        return folder;
    }
}
