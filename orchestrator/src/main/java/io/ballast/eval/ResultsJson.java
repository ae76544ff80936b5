package io.ballast.eval;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;

/** lm-eval's {@code results_*.json}: its keys, and what Ballast adds under {@code config}. */
final class ResultsJson {
    private static final String NO_STAGE = "";

    private ResultsJson() {}

    /**
     * @param evaluation what was measured
     * @param model      what to call the model
     * @return the file's content
     */
    static Map<String, Object> of(Evaluation evaluation, String model) {
        Map<String, Object> json = new LinkedHashMap<>();
        Map<String, Object> groups = groups(evaluation);
        json.put("results", both(byTask(evaluation, ResultsJson::metrics), groups));
        if (!evaluation.groupScores(NO_STAGE).isEmpty()) {
            groups.keySet().retainAll(evaluation.groupScores(NO_STAGE).stream().map(Score::task).toList());
            json.put("groups", groups);
        }
        json.put("group_subtasks", byGroup(evaluation, TaskGroup::children));
        json.put("configs", byTask(evaluation, ResultsJson::config));
        json.put("versions", both(byTask(evaluation, result -> result.task().version()),
                byGroup(evaluation, TaskGroup::version)));
        json.put("n-shot", shots(evaluation));
        json.put("higher_is_better", higherIsBetter(evaluation));
        json.put("n-samples", byTask(evaluation, result -> Map.of(
                "original", result.available(), "effective", result.items().size())));
        json.put("config", settings(evaluation, model));
        json.put("date", evaluation.started().toEpochMilli() / 1e3);
        json.put("max_length", evaluation.encoding().maxLength());
        json.put("task_hashes", byTask(evaluation, result -> Hashes.of(result.items().stream()
                .map(each -> each.item().hashes().joined()).collect(Collectors.joining()))));
        json.put("model_source", "ballast");
        json.put("model_name", model);
        json.put("model_name_sanitized", model.replaceAll("[\"<>:/|\\\\?*\\[\\]]+", "__"));
        json.put("total_evaluation_time_seconds",
                String.valueOf(Duration.between(evaluation.started(), evaluation.finished()).toNanos() / 1e9));
        return json;
    }

    /** A heading has a name only. */
    private static Map<String, Object> groups(Evaluation evaluation) {
        Map<String, Object> groups = new LinkedHashMap<>();
        for (TaskGroup group : evaluation.groups()) {
            Map<String, Object> entry = new LinkedHashMap<>(Map.of("alias", group.alias(), "name", group.name()));
            evaluation.groupScores(NO_STAGE).stream().filter(score -> score.task().equals(group.name()))
                    .forEach(score -> {
                        String filter = score.metric().contains(",") ? "" : "," + Metric.NO_FILTER;
                        entry.merge("sample_len", score.n(), (one, other) -> Math.max((int) one, (int) other));
                        entry.put(score.metric() + filter, score.value());
                        entry.put(score.metric().replaceFirst("(?=,|$)", "_stderr") + filter,
                                score.stderr() == null ? "N/A" : score.stderr());
                    });
            groups.put(group.name(), entry);
        }
        return groups;
    }

    /** A group has its children's number where they have one. */
    private static Map<String, Integer> shots(Evaluation evaluation) {
        Map<String, Integer> shots = new LinkedHashMap<>();
        evaluation.results().forEach(result -> shots.put(result.task().name(), result.task().shots()));
        for (TaskGroup group : evaluation.groups()) {
            List<Integer> different = group.children().stream().map(shots::get).filter(Objects::nonNull).distinct()
                    .toList();
            if (different.size() == 1) {
                shots.put(group.name(), different.get(0));
            }
        }
        return shots;
    }

    /** A group has its children's directions; null for a metric on which they differ. */
    private static Map<String, Map<String, Boolean>> higherIsBetter(Evaluation evaluation) {
        Map<String, Map<String, Boolean>> directions = new LinkedHashMap<>();
        for (TaskResult result : evaluation.results()) {
            Map<String, Boolean> own = directions.computeIfAbsent(result.task().name(), name -> new LinkedHashMap<>());
            result.task().metrics().forEach(metric -> own.put(metric.name(), metric.higherIsBetter()));
        }
        for (TaskGroup group : evaluation.groups()) {
            Map<String, Boolean> own = directions.computeIfAbsent(group.name(), name -> new LinkedHashMap<>());
            group.children().stream().map(directions::get).filter(Objects::nonNull).forEach(child -> child.forEach(
                    (metric, better) -> own.put(metric, own.getOrDefault(metric, better) == better ? better : null)));
        }
        return directions;
    }

    private static Map<String, Object> both(Map<String, Object> ofTasks, Map<String, Object> ofGroups) {
        Map<String, Object> both = new LinkedHashMap<>(ofTasks);
        both.putAll(ofGroups);
        return both;
    }

    private static Map<String, Object> byGroup(Evaluation evaluation, Function<TaskGroup, Object> value) {
        Map<String, Object> byGroup = new LinkedHashMap<>();
        evaluation.groups().forEach(group -> byGroup.put(group.name(), value.apply(group)));
        return byGroup;
    }

    private static Map<String, Object> byTask(Evaluation evaluation, Function<TaskResult, Object> value) {
        Map<String, Object> byTask = new LinkedHashMap<>();
        evaluation.results().forEach(result -> byTask.put(result.task().name(), value.apply(result)));
        return byTask;
    }

    private static Map<String, Object> metrics(TaskResult result) {
        Map<String, Object> metrics = new LinkedHashMap<>();
        metrics.put("name", result.task().name());
        metrics.put("alias", result.task().describe().getOrDefault("task_alias", result.task().name()));
        metrics.put("sample_len", result.items().size());
        for (Metric metric : result.task().metrics()) {
            Estimate estimate = result.estimate(metric);
            metrics.put(metric.name() + "," + metric.filter(), estimate.value());
            metrics.put(metric.name() + "_stderr," + metric.filter(),
                    estimate.stderr() == null ? "N/A" : estimate.stderr());
        }
        return metrics;
    }

    private static Map<String, Object> config(TaskResult result) {
        Map<String, Object> config = new LinkedHashMap<>(result.task().describe());
        config.put("data_files", result.task().data().files().stream().map(Path::toString).toList());
        config.put("where", result.task().data().where());
        config.put("limit", result.task().data().limit());
        if (result.task().data().subject() != null) {
            config.put("subject", result.task().data().subject());
        }
        config.put("num_fewshot", result.task().shots());
        config.putIfAbsent("metric_list", result.task().metrics().stream().map(metric -> Map.of(
                "metric", metric.name(),
                "aggregation", metric.aggregation().key(),
                "higher_is_better", metric.higherIsBetter())).toList());
        config.put("cut_items", result.cutItems());
        config.put("cut_tokens", result.cutTokens());
        return config;
    }

    private static Map<String, Object> settings(Evaluation evaluation, String model) {
        Encoding encoding = evaluation.encoding();
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("model", model);
        settings.put("batch_size", evaluation.batchSize());
        settings.put("stderr", "lm-eval's; where it has none, for perplexities with weights, the delta method's");
        settings.put("task_context_begins_with", Arrays.stream(encoding.contextBegins()).boxed().toList());
        settings.put("empty_task_context_is", ids(encoding.prefixToken()));
        settings.put("perplexity_item_begins_with", ids(encoding.documentBegins()));
        return settings;
    }

    private static List<Integer> ids(OptionalInt id) {
        return id.stream().boxed().toList();
    }
}
