package io.ballast.eval;

import java.util.List;

/**
 * A group of task files, as {@code ballast.tasks} reads it.
 *
 * @param name     its name
 * @param alias    what to call it in tables
 * @param version  lm-eval's, "N/A" where its file gives none
 * @param children names of its tasks and groups
 * @param metrics  scores of its own, made of its tasks'; none for a mere heading
 */
public record TaskGroup(String name, String alias, String version, List<String> children, List<GroupMetric> metrics) {
    /**
     * A score of a group.
     *
     * @param metric       lm-eval's name
     * @param filters      through which answers pass, or null for all
     * @param weightBySize whether a task counts by its items, or each as one
     */
    public record GroupMetric(String metric, List<String> filters, boolean weightBySize) {
        boolean isOf(Metric found) {
            return found.name().equals(metric) && (filters == null || filters.contains(found.filter()));
        }
    }
}
