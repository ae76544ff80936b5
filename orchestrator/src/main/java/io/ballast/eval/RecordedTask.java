package io.ballast.eval;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A task's results item by item, from memory or from files.
 *
 * @param name    of the task
 * @param metrics in the task's order
 * @param items   by ascending id
 * @param notes   what a reader must know, such as a metric that is left out
 */
record RecordedTask(String name, List<RecordedMetric> metrics, List<RecordedItem> items, List<String> notes) {
    RecordedTask {
        items = items.stream().sorted(Comparator.comparingInt(RecordedItem::id)).toList();
    }

    static RecordedTask of(TaskResult result) {
        return new RecordedTask(result.task().name(), result.task().metrics().stream().map(RecordedMetric::of).toList(),
                result.items().stream().map(RecordedItem::of).toList(), List.of());
    }

    /** @return the metric with this key, empty where the task has none */
    Optional<RecordedMetric> metric(String key) {
        return metrics.stream().filter(metric -> metric.key().equals(key)).findFirst();
    }

    /** @return one an item */
    List<Contribution> contributions(RecordedMetric metric) {
        return items.stream().map(item -> item.contributions().get(metric.key())).toList();
    }
}
