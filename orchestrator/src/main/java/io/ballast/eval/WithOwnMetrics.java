package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A task with metrics of one's own in Python beside its own: the mean of a number for each item. */
final class WithOwnMetrics implements EvaluationTask {
    private static final Gson JSON = new GsonBuilder().serializeNulls().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().create();

    private final EvaluationTask task;
    private final Bridge bridge;
    private final List<String> names;
    private final Map<Metric, Long> own = new LinkedHashMap<>();

    /**
     * @param task   closed with this
     * @param names  of the functions, {@code package.module:Name}; the metric is called by what is behind the colon
     * @param bridge to Python
     * @throws InvalidInputException when one is not there, or called like another metric
     */
    WithOwnMetrics(EvaluationTask task, List<String> names, Bridge bridge) {
        this.task = task;
        this.bridge = bridge;
        this.names = names;
        try {
            names.forEach(this::open);
        } catch (RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    private void open(String name) {
        String key = name.substring(name.indexOf(':') + 1);
        if (metrics().stream().anyMatch(metric -> metric.name().equals(key))) {
            throw new InvalidInputException("evaluation '" + name() + "': expected metrics with names of their own,"
                    + " found '" + key + "' twice. Call the function of " + name + " otherwise.");
        }
        long handle = bridge.plugins().openMetric(name);
        own.put(new Metric(key, Aggregation.MEAN, bridge.plugins().isHigherBetter(handle)), handle);
    }

    @Override
    public String name() {
        return task.name();
    }

    @Override
    public Role role() {
        return task.role();
    }

    @Override
    public TaskData data() {
        return task.data();
    }

    @Override
    public int shots() {
        return task.shots();
    }

    @Override
    public List<Metric> metrics() {
        return Stream.concat(task.metrics().stream(), own.keySet().stream()).toList();
    }

    @Override
    public JsonPrimitive version() {
        return task.version();
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> config = new LinkedHashMap<>(task.describe());
        config.put("metrics", names);
        return config;
    }

    @Override
    public List<String> warnings() {
        return task.warnings();
    }

    @Override
    public Map<Path, String> fileStates() {
        return task.fileStates();
    }

    @Override
    public void check() {
        task.check();
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        return task.items(tokenizer, maxLength);
    }

    @Override
    public Estimate estimate(Metric metric, List<ItemResult> results) {
        return own.containsKey(metric) ? EvaluationTask.super.estimate(metric, results)
                : task.estimate(metric, results);
    }

    @Override
    public List<ItemResult> results(List<Item> items, List<Answer> answers) {
        List<ItemResult> results = task.results(items, answers);
        String asked = JSON.toJson(results.stream().map(WithOwnMetrics::described).toList());
        Map<Metric, List<Double>> values = new LinkedHashMap<>();
        own.forEach((metric, handle) -> values.put(metric, bridge.plugins().values(handle, asked)));
        return IntStream.range(0, results.size()).mapToObj(i -> with(results.get(i), values, i)).toList();
    }

    private static ItemResult with(ItemResult result, Map<Metric, List<Double>> values, int index) {
        Map<String, Contribution> contributions = new LinkedHashMap<>(result.contributions());
        values.forEach((metric, all) -> contributions.put(metric.key(), new Contribution(all.get(index), 1)));
        return new ItemResult(result.item(), result.answer(), result.filtered(), contributions, result.values());
    }

    /** As {@code ballast.plugins.metric} states it. */
    private static Map<String, Object> described(ItemResult result) {
        Item item = result.item();
        List<Likelihood> likelihoods = result.answer().ofChoices(item);
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("doc", item.doc());
        described.put("arguments", item.arguments().stream().map(Item.Argument::texts).toList());
        described.put("choices", item.choices());
        described.put("gold", item.gold());
        described.put("target", item.target());
        described.put("log_probabilities", likelihoods.stream().map(Likelihood::logProbability).toList());
        described.put("greedy", likelihoods.stream().map(Likelihood::greedy).toList());
        described.put("tokens", likelihoods.stream().map(Likelihood::tokens).toList());
        described.put("text", result.answer().text());
        return described;
    }

    @Override
    public void close() {
        List<Long> handles = new ArrayList<>(own.values());
        handles.forEach(bridge::release);
        own.clear();
        task.close();
    }
}
