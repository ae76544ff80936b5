package io.ballast.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Reads experiments. What comes out has every default filled in and every path absolute; what is
 * wrong is an {@link InvalidInputException} that names the key. Files are looked at only by
 * {@link ExperimentCheck}.
 */
public final class ExperimentReader {
    private static final String PROGRAMS = "the experiment";

    private ExperimentReader() {
    }

    /**
     * Reads a .json, .yaml or .yml file.
     *
     * @param file      the experiment; its paths start from its folder
     * @param overrides {@code key.key=value}, applied in order; their paths start from the working directory
     * @return the experiment with every default filled in
     * @throws InvalidInputException when there is no such file, or something in it is wrong
     */
    public static ExperimentConfig read(Path file, List<String> overrides) {
        return read(file, overrides, Path.of(""));
    }

    /**
     * Reads a .json, .yaml or .yml file.
     *
     * @param file      the experiment; its paths start from its folder
     * @param overrides {@code key.key=value}, applied in order
     * @param base      the folder that paths in overrides start from
     * @return the experiment with every default filled in
     * @throws InvalidInputException when there is no such file, or something in it is wrong
     */
    public static ExperimentConfig read(Path file, List<String> overrides, Path base) {
        return bind(tree(file), file.toAbsolutePath().getParent(), file.toString(), overrides, base);
    }

    /**
     * Reads an experiment that is no file.
     *
     * @param json      as a .json file has it
     * @param overrides {@code key.key=value}, applied in order
     * @param base      the folder that paths in both start from
     * @return the experiment with every default filled in
     * @throws InvalidInputException when something in it is wrong
     */
    public static ExperimentConfig parse(String json, List<String> overrides, Path base) {
        return bind(JsonText.parse(json, Place.of(PROGRAMS)), base, PROGRAMS, overrides, base);
    }

    private static ExperimentConfig bind(JsonElement whole, Path folder, String source, List<String> overrides,
            Path base) {
        JsonElement tree = whole;
        Overrides onTop = new Overrides(base);
        for (String override : overrides) {
            tree = onTop.apply(tree, override);
        }
        return bind(tree, folder, Place.of(overrides.isEmpty() ? source
                : source + " with --set " + String.join(" --set ", overrides)));
    }

    /**
     * Reads an experiment that a program made.
     *
     * @param experiment the experiment in the form of a file
     * @param base       the folder that its relative paths start from
     * @return the experiment with every default filled in
     * @throws InvalidInputException when something in it is wrong
     */
    public static ExperimentConfig parse(JsonObject experiment, Path base) {
        return bind(experiment, base, Place.of(PROGRAMS));
    }

    /**
     * Reads the text of a JSON file.
     *
     * @param json the experiment
     * @param base the folder that its relative paths start from
     * @return the experiment with every default filled in
     * @throws InvalidInputException when it is not JSON, or something in it is wrong
     */
    public static ExperimentConfig parse(String json, Path base) {
        Place place = Place.of("the experiment");
        return bind(JsonText.parse(json, place), base.toAbsolutePath(), place);
    }

    /**
     * Writes a value into an experiment that a program makes.
     *
     * @param experiment the experiment in the form of a file
     * @param key        with dots between names; a number names an entry of a list
     * @param value      the value
     * @param base       the folder that its relative paths start from
     * @return the experiment with it
     * @throws InvalidInputException when there is no such key, or the value cannot be used
     */
    public static JsonObject with(JsonObject experiment, String key, JsonElement value, Path base) {
        return new Overrides(base).apply(experiment, key, value.toString(), Place.of(key)).getAsJsonObject();
    }

    /**
     * Reads one block of an experiment, such as {@code evaluation}, that a program made.
     *
     * @param block  the block in the form of a file
     * @param type   the block's record
     * @param base   the folder that its relative paths start from
     * @param source what messages call it
     * @param <T>    the block's record
     * @return the block with every default filled in
     * @throws InvalidInputException when something in it is wrong
     */
    public static <T extends Record> T block(JsonObject block, Class<T> type, Path base, String source) {
        return new RecordBinder(base).bind(block, type, Place.of(source));
    }

    /**
     * Reads a .json, .yaml or .yml file that holds settings of another kind than an experiment.
     *
     * @param file its paths start from its folder
     * @param type the record of its settings
     * @param <T>  the record
     * @return the settings with every default filled in
     * @throws InvalidInputException when there is no such file, or something in it is wrong
     */
    public static <T extends Record> T readBlock(Path file, Class<T> type) {
        return new RecordBinder(file.toAbsolutePath().getParent()).bind(tree(file), type, Place.of(file.toString()));
    }

    private static ExperimentConfig bind(JsonElement tree, Path base, Place place) {
        ExperimentConfig read = new RecordBinder(base).bind(tree, ExperimentConfig.class, place);
        ExperimentConfig experiment = DomainRules.withCarry(read.withEvaluation(read.evaluation().withStagesOf(read)));
        new ExperimentRules(experiment, place).check();
        return experiment;
    }

    private static JsonElement tree(Path file) {
        Place place = Place.of(file.toString());
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".json")) {
            return JsonText.parse(text(file, place), place);
        }
        if (name.endsWith(".yaml") || name.endsWith(".yml")) {
            return YamlText.parse(text(file, place), place);
        }
        throw place.wrong("an experiment file that ends with .json, .yaml or .yml", "'" + name + "'", "Rename it.");
    }

    private static String text(Path file, Place place) {
        if (!Files.isRegularFile(file)) {
            throw place.wrong("an experiment file", Files.isDirectory(file) ? "a folder" : "no file of this name",
                    "Look at the path; it starts from " + Path.of("").toAbsolutePath() + ".");
        }
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw place.wrong("text in UTF-8", "bytes that are not", "Save the file as UTF-8.");
        } catch (IOException e) {
            throw new InvalidInputException(place + ": the file cannot be read: " + e.getMessage(), e);
        }
    }
}
