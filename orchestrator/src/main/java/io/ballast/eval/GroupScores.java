package io.ballast.eval;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Scores of groups as lm-eval 0.4.13 makes them of their tasks' ({@code aggregate_subtask_metrics},
 * {@code pooled_sample_stderr}, {@code unweighted_mean_stderr}).
 */
final class GroupScores {
    private final Map<String, TaskGroup> groups = new LinkedHashMap<>();
    private final Map<String, TaskResult> results = new LinkedHashMap<>();

    /**
     * @param groups  children before parents
     * @param results of all tasks
     */
    GroupScores(List<TaskGroup> groups, List<TaskResult> results) {
        groups.forEach(group -> this.groups.put(group.name(), group));
        results.forEach(result -> this.results.put(result.task().name(), result));
    }

    /**
     * @param stage what to write as the moment of the evaluation
     * @return a score for each group and metric that has any
     */
    List<Score> scores(String stage) {
        List<Score> scores = new ArrayList<>();
        for (TaskGroup group : groups.values()) {
            List<TaskResult> tasks = tasks(group);
            Set<Metric> metrics = new LinkedHashSet<>();
            tasks.forEach(task -> metrics.addAll(task.task().metrics()));
            for (TaskGroup.GroupMetric own : group.metrics()) {
                metrics.stream().filter(own::isOf).forEach(metric -> scores.add(score(stage, group, own, metric,
                        tasks.stream().filter(task -> task.task().metrics().contains(metric)).toList())));
            }
        }
        return scores;
    }

    private List<TaskResult> tasks(TaskGroup group) {
        List<TaskResult> tasks = new ArrayList<>();
        for (String child : group.children()) {
            if (groups.containsKey(child)) {
                tasks.addAll(tasks(groups.get(child)));
            } else if (results.containsKey(child)) {
                tasks.add(results.get(child));
            }
        }
        return tasks;
    }

    private static Score score(String stage, TaskGroup group, TaskGroup.GroupMetric own, Metric metric,
            List<TaskResult> tasks) {
        List<Estimate> estimates = tasks.stream().map(task -> task.estimate(metric)).toList();
        int n = estimates.stream().mapToInt(Estimate::n).sum();
        double value = estimates.stream().mapToDouble(each -> each.value() * (own.weightBySize() ? each.n() : 1)).sum()
                / (own.weightBySize() ? n : estimates.size());
        boolean known = estimates.stream().map(Estimate::stderr).noneMatch(Objects::isNull);
        Double stderr = !known ? null : own.weightBySize() ? pooled(estimates, n) : unweighted(estimates);
        return new Score(stage, group.name(), tasks.get(0).task().role(), metric.key(), value, stderr, n,
                metric.higherIsBetter());
    }

    /** √(Σ (n − 1) n SE² / (Σn − tasks) / Σn). */
    private static double pooled(List<Estimate> estimates, int n) {
        double squares = estimates.stream().mapToDouble(each -> (each.n() - 1.0) * each.n() * each.stderr()
                * each.stderr()).sum();
        return Math.sqrt(squares / (n - estimates.size()) / n);
    }

    /** √(Σ SE²) / tasks: that of the mean of means that count alike. */
    private static double unweighted(List<Estimate> estimates) {
        return Math.sqrt(estimates.stream().mapToDouble(each -> each.stderr() * each.stderr()).sum()) / estimates.size();
    }
}
