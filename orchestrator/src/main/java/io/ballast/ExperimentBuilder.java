package io.ballast;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ballast.config.ExperimentReader;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Makes an {@link Experiment} in a program. Names and meanings are those of an experiment's file, and so are the defaults
 * and what is refused. Not for use by several threads; it may be used again after {@link #build()}.
 *
 * <pre>{@code
 * Experiment experiment = Experiment.builder("medicine", "models/my-llama")
 *         .general(TrainingPhase.of(1e-5).text(Path.of("general.jsonl"), "{text}").steps(100))
 *         .domain(TrainingPhase.of(2e-5).completion(Path.of("domain.csv"), "{question}", " {answer}"))
 *         .retention("hierarchical")
 *         .generalPerplexity("general text", Path.of("general-test.jsonl"))
 *         .set("retention.lambda", 100)
 *         .build();
 * }</pre>
 */
public final class ExperimentBuilder {
    private static final Gson GSON = new Gson();
    private static final Path HERE = Path.of("").toAbsolutePath();

    private JsonObject experiment = new JsonObject();

    ExperimentBuilder(String name, String model) {
        experiment.addProperty("name", Objects.requireNonNull(name, "name"));
        set("model.path", Objects.requireNonNull(model, "model"));
    }

    /**
     * Says what the general phase is, during which importance is measured.
     *
     * @param phase the phase; copied
     * @return this
     */
    public ExperimentBuilder general(TrainingPhase phase) {
        experiment.add("general", phase.toJson());
        return this;
    }

    /**
     * Adds a domain phase, after those that were added before.
     *
     * @param phase the phase; copied
     * @return this
     */
    public ExperimentBuilder domain(TrainingPhase phase) {
        array(experiment, "domain").add(phase.toJson());
        return this;
    }

    /**
     * Says what is done against forgetting.
     *
     * @param method one of {@code ballast methods}, or {@code package.module:ClassName}
     * @return this
     */
    public ExperimentBuilder retention(String method) {
        return set("retention.method", method);
    }

    /**
     * Trains an adapter in place of the whole model.
     *
     * @param kind lora, rslora, dora, qlora, corda or osf
     * @return this
     */
    public ExperimentBuilder adapter(String kind) {
        return set("adapter.kind", kind);
    }

    /**
     * Measures the perplexity of a text that must be kept.
     *
     * @param name what it is called
     * @param file rows, read as the general phase reads its own
     * @return this
     */
    public ExperimentBuilder generalPerplexity(String name, Path file) {
        return evaluate("general", perplexity(name, file));
    }

    /**
     * Measures the perplexity of a text of the domain.
     *
     * @param name what it is called
     * @param file rows, read as the domain phase reads its own
     * @return this
     */
    public ExperimentBuilder domainPerplexity(String name, Path file) {
        return evaluate("domain", perplexity(name, file));
    }

    /**
     * Measures a task that must be kept.
     *
     * @param task by its name
     * @param data its rows
     * @return this
     */
    public ExperimentBuilder generalTask(String task, Path data) {
        return evaluate("general", task(task, data));
    }

    /**
     * Measures a task of the domain.
     *
     * @param task by its name
     * @param data its rows
     * @return this
     */
    public ExperimentBuilder domainTask(String task, Path data) {
        return evaluate("domain", task(task, data));
    }

    /**
     * Says where run folders are made.
     *
     * @param folder the folder; by default {@code runs} below the working directory
     * @return this
     */
    public ExperimentBuilder output(Path folder) {
        return set("output", folder.toAbsolutePath().toString());
    }

    /**
     * Sets any key of an experiment.
     *
     * @param key   with dots between names, such as {@code importance.storage}; a number names an entry of a list
     * @param value a text, number, boolean, list or map; null puts the default back
     * @return this
     * @throws InvalidInputException when there is no such key, or the value cannot be used
     */
    public ExperimentBuilder set(String key, Object value) {
        experiment = ExperimentReader.with(experiment, key, GSON.toJsonTree(value), HERE);
        return this;
    }

    private ExperimentBuilder evaluate(String role, JsonObject entry) {
        if (!experiment.has("evaluation")) {
            experiment.add("evaluation", new JsonObject());
        }
        array(experiment.getAsJsonObject("evaluation"), role).add(entry);
        return this;
    }

    private static JsonObject perplexity(String name, Path file) {
        JsonObject entry = new JsonObject();
        entry.addProperty("name", Objects.requireNonNull(name, "name"));
        entry.addProperty("perplexity", file.toAbsolutePath().toString());
        return entry;
    }

    private static JsonObject task(String task, Path data) {
        JsonObject entry = new JsonObject();
        entry.addProperty("task", Objects.requireNonNull(task, "task"));
        entry.addProperty("data", data.toAbsolutePath().toString());
        return entry;
    }

    private static JsonArray array(JsonObject place, String name) {
        if (!place.has(name)) {
            place.add(name, new JsonArray());
        }
        return place.getAsJsonArray(name);
    }

    /**
     * The experiment, with every default filled in. Relative paths start from the working directory.
     *
     * @return the experiment
     * @throws InvalidInputException when something in it is wrong; the message names the key
     */
    public Experiment build() {
        return Experiment.of(ExperimentReader.parse(experiment.deepCopy(), HERE));
    }
}
