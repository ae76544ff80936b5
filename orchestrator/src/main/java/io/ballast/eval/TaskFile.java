package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.reflect.TypeToken;
import io.ballast.config.MultipleChoiceConfig;
import io.ballast.data.Row;
import io.ballast.python.Bridge;
import io.ballast.python.TaskCalls;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A task file, opened in Python, which makes questions of rows. Closed when nothing more is asked of it. */
final class TaskFile implements AutoCloseable {
    /** lm-eval's seed of the draws of examples. */
    private static final long SEED = 1234;
    private static final int CHUNK = 256;
    private static final Gson JSON = new GsonBuilder().serializeNulls().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().create();

    private final Bridge bridge;
    private final TaskCalls calls;
    private final long handle;
    private final TaskFacts facts;

    private TaskFile(Bridge bridge, long handle) {
        this.bridge = bridge;
        this.calls = bridge.tasks();
        this.handle = handle;
        this.facts = JSON.fromJson(calls.describe(handle), TaskFacts.class);
    }

    /** @param found what {@link TaskCalls#find} says of the task */
    static TaskFile open(Bridge bridge, JsonObject found, boolean trustCode) {
        return new TaskFile(bridge, found.get("file").isJsonNull()
                ? bridge.tasks().openOf(found.get("content").toString(), trustCode)
                : bridge.tasks().open(Path.of(found.get("file").getAsString()), trustCode));
    }

    static TaskFile own(Bridge bridge, String name, MultipleChoiceConfig own) {
        return new TaskFile(bridge, bridge.tasks().openOwn(name, own.prompt(), own.choices(), own.answer()));
    }

    TaskFacts facts() {
        return facts;
    }

    /** @return local copies of the files of the task's hub data set */
    List<Path> hubFiles(String split) {
        return calls.dataFiles(handle, split);
    }

    /**
     * Hands the rows over and asks what the task makes of them.
     *
     * @param rows     what is asked about
     * @param examples what examples are drawn from; empty: from the rows themselves, or they stand in the file
     * @param shots    examples before each question
     * @param limit    the first documents only, or null
     * @param question hears each question, in order
     * @return how many documents there are without the limit
     */
    int ask(List<Row> rows, List<Row> examples, int shots, Integer limit, Consumer<Question> question) {
        add("test", rows);
        add("fewshot", examples);
        int available = calls.prepare(handle, shots, limit, SEED);
        int asked = limit == null ? available : Math.min(limit, available);
        for (int start = 0; start < asked; start += CHUNK) {
            List<Question> questions = JSON.fromJson(calls.questions(handle, start, Math.min(CHUNK, asked - start)),
                    new TypeToken<List<Question>>() { }.getType());
            questions.forEach(question);
        }
        return available;
    }

    private void add(String split, List<Row> rows) {
        for (int start = 0; start < rows.size(); start += CHUNK) {
            calls.addRows(handle, split, JSON.toJson(rows.subList(start, Math.min(rows.size(), start + CHUNK)).stream()
                    .map(Row::columns).toList()));
        }
    }

    /**
     * What answers are worth.
     *
     * @param responses one a document: a text, or a pair [log-probability, greedy] for each argument
     * @return one a document: an array of {@code {"filter", "filtered", "metrics"}}
     */
    JsonArray results(List<?> responses) {
        JsonArray results = new JsonArray();
        for (int start = 0; start < responses.size(); start += CHUNK) {
            String part = JSON.toJson(responses.subList(start, Math.min(responses.size(), start + CHUNK)));
            results.addAll(JSON.fromJson(calls.results(handle, start, part), JsonArray.class));
        }
        return results;
    }

    /**
     * A metric that is a function of all items.
     *
     * @param metric its name
     * @param values one an item
     * @return its value, with lm-eval's standard error where it has one
     */
    Estimate aggregate(String metric, List<JsonElement> values) {
        JsonArray found = JSON.fromJson(calls.aggregate(handle, metric, JSON.toJson(values)), JsonArray.class);
        return new Estimate(real(found.get(0), Double.NaN), real(found.get(1), null), values.size());
    }

    /** What is not finite comes as null. */
    private static Double real(JsonElement number, Double otherwise) {
        return number.isJsonNull() ? otherwise : (Double) number.getAsDouble();
    }

    /** @return the standard error of a perplexity, by lm-eval's bootstrap */
    double perplexityStandardError(List<Double> logLikelihoods) {
        return calls.perplexityStandardError(logLikelihoods);
    }

    @Override
    public void close() {
        bridge.release(handle);
    }
}
