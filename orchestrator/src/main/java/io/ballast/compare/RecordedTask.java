package io.ballast.compare;

import io.ballast.eval.Aggregation;
import io.ballast.eval.Contribution;
import io.ballast.eval.Metric;
import io.ballast.eval.TaskResult;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A task's results item by item, from memory or from files.
 *
 * @param name    of the task
 * @param metrics in the task's order
 * @param items   by ascending id
 * @param subject the column that says what an item is about, where the task's entry names one, else null
 * @param notes   what a reader must know, such as a metric that is left out
 */
record RecordedTask(String name, List<Metric> metrics, List<RecordedItem> items, String subject,
        List<String> notes) {
    RecordedTask {
        items = items.stream().sorted(Comparator.comparingInt(RecordedItem::id)).toList();
    }

    static RecordedTask of(TaskResult result) {
        String name = result.task().name();
        Map<Boolean, List<Metric>> byShare = result.task().metrics().stream()
                .collect(Collectors.partitioningBy(metric -> metric.aggregation() != Aggregation.WHOLE));
        return new RecordedTask(name, byShare.get(true), result.items().stream().map(RecordedItem::of).toList(),
                result.task().data().subject(), byShare.get(false).stream().map(metric -> name + " " + metric.key()
                        + " is left out: it is a function of all items at once").toList());
    }

    /**
     * @param column of the items' rows, or null
     * @return this task, its items told apart by the column where any has it
     */
    RecordedTask by(String column) {
        boolean has = column != null && items.stream().anyMatch(item -> item.text(column) != null);
        return has ? new RecordedTask(name, metrics, items, column, notes) : this;
    }

    /** @return the metric with this key, empty where the task has none */
    Optional<Metric> metric(String key) {
        return metrics.stream().filter(metric -> metric.key().equals(key)).findFirst();
    }

    /** @return one an item */
    List<Contribution> contributions(Metric metric) {
        return items.stream().map(item -> item.contributions().get(metric.key())).toList();
    }
}
