package io.ballast;

import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ExperimentWriter;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** An experiment, resolved: every default is filled in, every path is absolute. Immutable. */
public final class Experiment {
    /** Name of the file in a run folder. */
    public static final String FILE = "experiment.json";

    private final ExperimentConfig config;

    private Experiment(ExperimentConfig config) {
        this.config = Objects.requireNonNull(config, "config");
    }

    /**
     * Reads an experiment from JSON or YAML.
     *
     * @param file      .json, .yaml or .yml
     * @param overrides {@code key.path=value}; paths in them are relative to the working directory
     * @return the experiment
     * @throws InvalidInputException when the file is not an experiment; the message says where
     */
    public static Experiment read(Path file, List<String> overrides) {
        return read(file, overrides, Path.of(""));
    }

    /**
     * Reads an experiment from JSON or YAML.
     *
     * @param file      .json, .yaml or .yml
     * @param overrides {@code key.path=value}
     * @param base      the folder that paths in overrides are relative to
     * @return the experiment
     * @throws InvalidInputException when the file is not an experiment; the message says where
     */
    public static Experiment read(Path file, List<String> overrides, Path base) {
        return new Experiment(ExperimentReader.read(file, overrides, base));
    }

    /**
     * Reads an experiment that is no file.
     *
     * @param json      as a file has it
     * @param overrides {@code key.path=value}
     * @param base      the folder that paths in both are relative to
     * @return the experiment
     * @throws InvalidInputException when it is none; the message says where
     */
    public static Experiment parse(String json, List<String> overrides, Path base) {
        return new Experiment(ExperimentReader.parse(json, overrides, base));
    }

    /**
     * Reads an experiment from JSON or YAML as it stands.
     *
     * @param file .json, .yaml or .yml
     * @return the experiment
     * @throws InvalidInputException when the file is not an experiment; the message says where
     */
    public static Experiment read(Path file) {
        return read(file, List.of());
    }

    /**
     * Reads an experiment from the text of a JSON file, such as a request's body.
     *
     * @param json the experiment
     * @param base the folder that its relative paths start from
     * @return the experiment
     * @throws InvalidInputException when the text is not an experiment; the message says where
     */
    public static Experiment parse(String json, Path base) {
        return new Experiment(ExperimentReader.parse(json, base));
    }

    /**
     * Begins an experiment in a program.
     *
     * @param name  of the experiment; its run folders begin with it
     * @param model a Hugging Face model folder, or {@code hf://org/name}
     * @return a builder
     */
    public static ExperimentBuilder builder(String name, String model) {
        return new ExperimentBuilder(name, model);
    }

    /**
     * An experiment of settings.
     *
     * @param config its settings
     * @return the experiment
     */
    public static Experiment of(ExperimentConfig config) {
        return new Experiment(config);
    }

    /** @return its settings */
    public ExperimentConfig config() {
        return config;
    }

    /** @return the experiment as a file, with every default written out */
    public String toJson() {
        return ExperimentWriter.toJson(config);
    }
}
