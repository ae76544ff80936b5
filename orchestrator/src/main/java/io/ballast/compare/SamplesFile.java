package io.ballast.compare;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.eval.Aggregation;
import io.ballast.eval.Contribution;
import io.ballast.eval.Estimate;
import io.ballast.eval.EvaluationWriter;
import io.ballast.eval.ItemHashes;
import io.ballast.eval.Metric;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@code samples_TASK_DATE.jsonl}, as lm-eval 0.4.13 and {@link EvaluationWriter} write it. */
final class SamplesFile {
    /** lm-eval's name for "no filter". */
    private static final String NO_FILTER = "none";

    private final Path file;
    private final TaskDescription task;
    private final Map<Integer, RecordedItem> items = new LinkedHashMap<>();
    private final Set<String> keys = new LinkedHashSet<>();
    private final Set<List<Object>> seen = new LinkedHashSet<>();

    private SamplesFile(Path file, TaskDescription task) {
        this.file = file;
        this.task = task;
    }

    /**
     * @param file one JSON object a line
     * @param task what the results file says about the task
     * @return the task's results by item
     * @throws InvalidInputException when the file is empty, or for the first line that is no sample
     */
    static RecordedTask read(Path file, TaskDescription task) {
        SamplesFile samples = new SamplesFile(file, task);
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                samples.add(line, ++number);
            }
        } catch (IOException e) {
            throw new InvalidInputException("expected lm-eval's samples in " + file + "; found that it cannot be read: "
                    + e + ".", e);
        }
        if (samples.items.isEmpty()) {
            throw new InvalidInputException("expected lm-eval's samples in " + file
                    + ", one JSON object a line; found none. Evaluate again.");
        }
        return samples.recorded();
    }

    private void add(String line, int number) {
        try {
            JsonObject sample = JsonParser.parseString(line).getAsJsonObject();
            RecordedItem item = item(sample);
            if (!seen.add(List.of(item.id(), filter(sample)))) {
                throw new JsonParseException("doc_id " + item.id() + " a second time");
            }
            items.merge(item.id(), item, SamplesFile::together);
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException
                | NumberFormatException | ClassCastException | IndexOutOfBoundsException e) {
            throw new InvalidInputException("expected one of lm-eval's samples in " + file + ", line " + number
                    + "; found " + reason(e) + ". The file is damaged: evaluate again.", e);
        }
    }

    private static String reason(RuntimeException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().lines().findFirst().get();
        return message.replaceFirst("^[\\w.]+Exception: ", "");
    }

    private RecordedItem item(JsonObject sample) {
        List<String> choices = choices(sample);
        List<Double> logProbabilities = logProbabilities(sample, Math.max(1, choices.size()));
        return new RecordedItem(member(sample, "doc_id").getAsInt(),
                new ItemHashes(member(sample, "doc_hash").getAsString(), member(sample, "prompt_hash").getAsString(),
                        member(sample, "target_hash").getAsString()),
                member(sample, "doc"), argument(sample, 0, 0), choices,
                target(member(sample, "target").getAsString(), choices), logProbabilities,
                choices.isEmpty() ? answer(sample) : null, contributions(sample));
    }

    /** The same item, seen through another filter: it has other metrics. */
    private static RecordedItem together(RecordedItem first, RecordedItem other) {
        Map<String, Contribution> contributions = new HashMap<>(first.contributions());
        contributions.putAll(other.contributions());
        return new RecordedItem(first.id(), first.hashes(), first.doc(), first.prompt(), first.choices(),
                first.target(), first.logProbabilities(), first.answer(), contributions);
    }

    private static JsonElement member(JsonObject sample, String name) {
        JsonElement value = sample.get(name);
        if (value == null) {
            throw new JsonParseException("no '" + name + "'");
        }
        return value;
    }

    private static String filter(JsonObject sample) {
        return sample.has("filter") ? sample.get("filter").getAsString() : NO_FILTER;
    }

    private static String argument(JsonObject sample, int request, int part) {
        JsonElement text = member(member(sample, "arguments").getAsJsonObject(), "gen_args_" + request)
                .getAsJsonObject().get("arg_" + part);
        return text == null || !text.isJsonPrimitive() ? "" : text.getAsString();
    }

    /** The continuations without the delimiter before them. With acc_mutual_info each comes a second time, alone. */
    private List<String> choices(JsonObject sample) {
        int requests = member(sample, "arguments").getAsJsonObject().size();
        int count = metricNames(sample).contains("acc_mutual_info") ? requests / 2 : requests;
        if (!task.isMultipleChoice()) {
            return List.of();
        }
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String continuation = argument(sample, i, 1);
            choices.add(continuation.startsWith(task.targetDelimiter())
                    ? continuation.substring(task.targetDelimiter().length()) : continuation);
        }
        return choices;
    }

    /** Index of the right choice where the target is one, or the text of one. */
    private static Object target(String target, List<String> choices) {
        if (!choices.isEmpty() && target.matches("[0-9]{1,6}") && Integer.parseInt(target) < choices.size()) {
            return Integer.valueOf(target);
        }
        int index = choices.indexOf(target);
        return index >= 0 ? (Object) index : target;
    }

    /** A response is [log-likelihood, greedy], or a log-likelihood alone; what was generated has none. */
    private List<Double> logProbabilities(JsonObject sample, int count) {
        if (task.isGenerated()) {
            return List.of();
        }
        List<Double> values = new ArrayList<>();
        for (JsonElement response : member(sample, "filtered_resps").getAsJsonArray()) {
            if (values.size() < count) {
                values.add(real(response.isJsonArray() ? response.getAsJsonArray().get(0) : response));
            }
        }
        return values;
    }

    private Object answer(JsonObject sample) {
        JsonArray responses = member(sample, "filtered_resps").getAsJsonArray();
        JsonElement first = responses.isEmpty() ? null : responses.get(0);
        if (first != null && first.isJsonArray() && !task.isGenerated() && first.getAsJsonArray().size() > 1) {
            return first.getAsJsonArray().get(1).getAsString().equals("True");
        }
        return task.isGenerated() ? first : null;
    }

    private static List<String> metricNames(JsonObject sample) {
        return member(sample, "metrics").getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList();
    }

    private Map<String, Contribution> contributions(JsonObject sample) {
        Map<String, Contribution> contributions = new HashMap<>();
        String filter = filter(sample);
        for (String name : metricNames(sample)) {
            String key = filter.equals(NO_FILTER) ? name : name + "," + filter;
            keys.add(key);
            Contribution contribution = contribution(member(sample, name), task.aggregation(name));
            if (contribution != null) {
                contributions.put(key, contribution);
            }
        }
        return contributions;
    }

    /** Nats are positive here and log-likelihoods negative there; null for what is no number and no ratio. */
    private static Contribution contribution(JsonElement value, Aggregation aggregation) {
        int sign = aggregation.isOfNats() ? -1 : 1;
        if (isNumber(value)) {
            return new Contribution(sign * real(value), 1);
        }
        if (!aggregation.isOfNats() || !value.isJsonArray() || value.getAsJsonArray().size() != 2
                || !isNumber(value.getAsJsonArray().get(0)) || !isNumber(value.getAsJsonArray().get(1))) {
            return null;
        }
        return new Contribution(sign * real(value.getAsJsonArray().get(0)), real(value.getAsJsonArray().get(1)));
    }

    private static boolean isNumber(JsonElement value) {
        return value.isJsonPrimitive() && !value.getAsJsonPrimitive().isString();
    }

    /** Python prints inf where Java reads Infinity; a truth value is 1 or 0. */
    private static double real(JsonElement value) {
        if (value.getAsJsonPrimitive().isBoolean()) {
            return value.getAsBoolean() ? 1 : 0;
        }
        return Double.parseDouble(value.getAsString().replaceFirst("^(-?)inf$", "$1Infinity")
                .replaceFirst("^nan$", "NaN"));
    }

    /** Keeps the metrics that follow from the items as the results file says. */
    private RecordedTask recorded() {
        List<RecordedItem> all = List.copyOf(items.values());
        List<Metric> metrics = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (String key : keys) {
            String name = key.replaceFirst(",.*", "");
            Metric metric = new Metric(key, task.aggregation(name), task.higherIsBetter(name));
            String obstacle = obstacle(metric, all);
            if (obstacle == null) {
                metrics.add(metric);
            } else {
                notes.add(task.name() + " " + key + " is left out: " + obstacle);
            }
        }
        return new RecordedTask(task.name(), metrics, all, task.subject(), notes);
    }

    private String obstacle(Metric metric, List<RecordedItem> all) {
        List<Contribution> contributions = new ArrayList<>();
        for (RecordedItem item : all) {
            Contribution contribution = item.contributions().get(metric.key());
            if (contribution == null || !Double.isFinite(contribution.total()) || !(contribution.weight() > 0)) {
                return "its value of doc_id " + item.id() + " cannot be averaged";
            }
            contributions.add(contribution);
        }
        Double reported = task.value(metric.key().contains(",") ? metric.key() : metric.key() + "," + NO_FILTER);
        double value = Estimate.of(metric.aggregation(), contributions).value();
        // lm-eval knows metrics, such as f1, that are no mean of its items.
        return reported == null || Math.abs(reported - value) <= 1e-6 * Math.max(1e-3, Math.abs(reported)) ? null
                : "the items make " + value + ", the results file says " + reported;
    }
}
