package io.ballast;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A phase of training for {@link ExperimentBuilder}: its data and how long it lasts. What is not said here has the default
 * that {@code ballast schema} tells; what has no method here, {@link ExperimentBuilder#set} sets. Not for use by several
 * threads.
 *
 * <pre>{@code
 * TrainingPhase.of(2e-5).completion(Path.of("domain.csv"), "Question: {question}\nAnswer:", " {answer}").epochs(1)
 * }</pre>
 */
public final class TrainingPhase {
    private final JsonObject block = new JsonObject();
    private final JsonArray data = new JsonArray();

    private TrainingPhase(double learningRate) {
        block.addProperty("learningRate", learningRate);
        block.add("data", data);
    }

    /**
     * A phase without data yet; without {@link #steps} and {@link #epochs} it lasts one epoch.
     *
     * @param learningRate the schedule's peak
     * @return the phase
     */
    public static TrainingPhase of(double learningRate) {
        return new TrainingPhase(learningRate);
    }

    /**
     * Adds documents that are learned as a whole.
     *
     * @param file     .jsonl, .csv or .parquet
     * @param template of a document: {@code {field}} is a column
     * @return this
     */
    public TrainingPhase text(Path file, String template) {
        entry(file).addProperty("text", Objects.requireNonNull(template, "template"));
        return this;
    }

    /**
     * Adds prompts of which only the completion is learned.
     *
     * @param file       .jsonl, .csv or .parquet
     * @param prompt     template of what is read: {@code {field}} is a column
     * @param completion template of what is learned; usually begins with a space
     * @return this
     */
    public TrainingPhase completion(Path file, String prompt, String completion) {
        JsonObject entry = entry(file);
        entry.addProperty("prompt", Objects.requireNonNull(prompt, "prompt"));
        entry.addProperty("completion", Objects.requireNonNull(completion, "completion"));
        return this;
    }

    /**
     * Adds chats, rendered by the model's chat template; the assistant's turns are learned.
     *
     * @param file   .jsonl or .parquet
     * @param column with a list of {@code {"role", "content"}}
     * @return this
     */
    public TrainingPhase chat(Path file, String column) {
        entry(file).addProperty("messages", Objects.requireNonNull(column, "column"));
        return this;
    }

    private JsonObject entry(Path file) {
        JsonObject entry = new JsonObject();
        entry.addProperty("path", file.toAbsolutePath().toString());
        data.add(entry);
        return entry;
    }

    /**
     * Says what a domain phase and the stage after it are called.
     *
     * @param name by default domain; several domains need one each
     * @return this
     */
    public TrainingPhase name(String name) {
        block.addProperty("name", name);
        return this;
    }

    /**
     * Says how long the phase lasts.
     *
     * @param steps of the optimizer
     * @return this
     */
    public TrainingPhase steps(int steps) {
        block.remove("epochs");
        block.addProperty("steps", steps);
        return this;
    }

    /**
     * Says how long the phase lasts.
     *
     * @param epochs passes over the data, also a part of one
     * @return this
     */
    public TrainingPhase epochs(double epochs) {
        block.remove("steps");
        block.addProperty("epochs", epochs);
        return this;
    }

    /**
     * Says how many rows a micro-batch has.
     *
     * @param rows at least 1
     * @return this
     */
    public TrainingPhase batchSize(int rows) {
        block.addProperty("batchSize", rows);
        return this;
    }

    /**
     * Says where a row is cut.
     *
     * @param tokens at most in a row
     * @return this
     */
    public TrainingPhase maxLength(int tokens) {
        block.addProperty("maxLength", tokens);
        return this;
    }

    /**
     * Mixes general rows into a domain phase.
     *
     * @param share of the rows, from 0 to 0.99
     * @return this
     */
    public TrainingPhase replay(double share) {
        block.addProperty("replay", share);
        return this;
    }

    JsonObject toJson() {
        return block.deepCopy();
    }
}
