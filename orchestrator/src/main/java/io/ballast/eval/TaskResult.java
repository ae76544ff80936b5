package io.ballast.eval;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A task's results, item by item, with what follows from them. Immutable. */
public final class TaskResult {
    private final EvaluationTask task;
    private final List<ItemResult> items;
    private final int available;
    /** Made once: the standard error of a perplexity takes 100,000 draws. */
    private final Map<Metric, Estimate> estimates = new HashMap<>();

    /**
     * @param task      what was measured
     * @param items     in the file's order
     * @param available items that there would be without a limit
     */
    public TaskResult(EvaluationTask task, List<ItemResult> items, int available) {
        this.task = task;
        this.items = List.copyOf(items);
        this.available = available;
        task.metrics().forEach(metric -> estimates.put(metric, task.estimate(metric, this.items)));
    }

    /** @return what was measured */
    public EvaluationTask task() {
        return task;
    }

    /** @return in the file's order */
    public List<ItemResult> items() {
        return items;
    }

    /** @return items that there would be without a limit */
    public int available() {
        return available;
    }

    /**
     * @param metric one of the task's, no function of all items at once
     * @return one an item
     */
    public List<Contribution> contributions(Metric metric) {
        return contributions(metric, items);
    }

    static List<Contribution> contributions(Metric metric, List<ItemResult> items) {
        return items.stream().map(each -> each.contributions().get(metric.key())).toList();
    }

    /**
     * @param metric one of the task's
     * @return value and standard error
     */
    public Estimate estimate(Metric metric) {
        return estimates.get(metric);
    }

    /**
     * @param stage moment of the evaluation
     * @return one score a metric
     */
    public List<Score> scores(String stage) {
        return task.metrics().stream().map(metric -> {
            Estimate estimate = estimate(metric);
            return new Score(stage, task.name(), task.role(), metric.key(), estimate.value(), estimate.stderr(),
                    estimate.n(), metric.higherIsBetter());
        }).toList();
    }

    /** @return items whose document stood there before */
    public long duplicates() {
        return items.size() - items.stream().map(each -> each.item().hashes().doc()).distinct().count();
    }

    /** @return items whose best two answers are equally likely; the first counts, as in lm-eval */
    public long ties() {
        return items.stream().filter(each -> each.answer().ofChoices(each.item()).size() > 1).filter(each -> {
            double[] best = each.answer().ofChoices(each.item()).stream().mapToDouble(Likelihood::logProbability)
                    .map(value -> -value).sorted().toArray();
            return best[0] == best[1];
        }).count();
    }

    /** @return items of which something did not fit into the model's window */
    public long cutItems() {
        return items.stream().filter(each -> each.item().cutTokens() > 0).count();
    }

    /** @return tokens that did not fit */
    public long cutTokens() {
        return items.stream().mapToLong(each -> each.item().cutTokens()).sum();
    }
}
