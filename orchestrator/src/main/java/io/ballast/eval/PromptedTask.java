package io.ballast.eval;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.data.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A task of a task file in lm-eval's format: questions made by its templates, scored by its metrics. */
final class PromptedTask implements EvaluationTask {
    private final String name;
    private final Role role;
    private final TaskFile file;
    private final TaskRows rows;
    private final int shots;
    private final List<Metric> metrics;

    /**
     * @param name  what the scores are called
     * @param role  what they stand for
     * @param file  the task's; closed with this
     * @param rows  where its rows come from
     * @param shots examples before each question
     */
    PromptedTask(String name, Role role, TaskFile file, TaskRows rows, int shots) {
        this.name = name;
        this.role = role;
        this.file = file;
        this.rows = rows;
        this.shots = shots;
        this.metrics = file.facts().metrics().stream().map(TaskFacts.FileMetric::toMetric).toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public TaskData data() {
        return rows.data();
    }

    @Override
    public int shots() {
        return shots;
    }

    @Override
    public List<Metric> metrics() {
        return metrics;
    }

    @Override
    public JsonPrimitive version() {
        return file.facts().version();
    }

    @Override
    public List<String> warnings() {
        return file.facts().leftOut().stream()
                .map(each -> name + ": " + each.metric() + " is left out: " + each.reason()).toList();
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> config = new LinkedHashMap<>(file.facts().config().asMap());
        config.put("columns", rows.columns());
        return config;
    }

    @Override
    public Map<Path, String> fileStates() {
        return rows.state();
    }

    /** lm-eval draws for a perplexity's standard error, 100,000 times. */
    @Override
    public Estimate estimate(Metric metric, List<ItemResult> results) {
        if (metric.aggregation() == Aggregation.WHOLE) {
            return file.aggregate(metric.name(),
                    results.stream().map(each -> each.values().get(metric.key())).toList());
        }
        List<Contribution> contributions = TaskResult.contributions(metric, results);
        Estimate estimate = Estimate.of(metric.aggregation(), contributions);
        return metric.aggregation() != Aggregation.PERPLEXITY || contributions.size() < 2 ? estimate
                : new Estimate(estimate.value(), file.perplexityStandardError(
                        contributions.stream().map(each -> -each.total()).toList()), estimate.n());
    }

    @Override
    public void check() {
        if (rows.areHere()) {
            ask(question -> { });
        }
    }

    private int ask(Consumer<Question> question) {
        return file.ask(rows.asked(), shots == 0 ? List.of() : rows.drawnFrom(), shots, rows.data().limit(), question);
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        QuestionEncoder encoder = new QuestionEncoder(file.facts(), tokenizer, maxLength);
        List<Item> items = new ArrayList<>();
        int available = ask(question -> items.add(encoder.item(items.size(), question)));
        return new Items(items, available);
    }

    @Override
    public List<ItemResult> results(List<Item> items, List<Answer> answers) {
        return file.facts().scoredInPython() ? scoredInPython(items, answers)
                : new LikelihoodMetrics(file.facts(), metrics).results(items, answers);
    }

    private List<ItemResult> scoredInPython(List<Item> items, List<Answer> answers) {
        JsonArray scored = file.results(answers.stream().map(Answer::response).toList());
        List<ItemResult> results = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Map<String, JsonElement> filtered = new LinkedHashMap<>();
            Map<String, Contribution> contributions = new LinkedHashMap<>();
            Map<String, JsonElement> values = new LinkedHashMap<>();
            for (JsonElement each : scored.get(i).getAsJsonArray()) {
                JsonObject ofFilter = each.getAsJsonObject();
                String filter = ofFilter.get("filter").getAsString();
                filtered.put(filter, ofFilter.get("filtered"));
                metrics.stream().filter(metric -> metric.filter().equals(filter)).forEach(metric -> {
                    JsonElement value = ofFilter.getAsJsonObject("metrics").get(metric.name());
                    if (metric.aggregation() == Aggregation.WHOLE) {
                        values.put(metric.key(), value);
                    } else {
                        contributions.put(metric.key(), Contribution.of(metric, value));
                    }
                });
            }
            results.add(new ItemResult(items.get(i), answers.get(i), filtered, contributions, values));
        }
        return results;
    }

    @Override
    public void close() {
        file.close();
    }
}
