package io.ballast.compare;

import io.ballast.InvalidInputException;
import io.ballast.eval.Aggregation;
import io.ballast.eval.ItemHashes;
import io.ballast.eval.Metric;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One task's results of two models on the same items, paired by id. The one place where two models are compared,
 * whether their results are in memory or in files.
 */
final class PairedTask {
    private final RecordedTask before;
    private final RecordedTask after;

    /**
     * @param before of the first model
     * @param after  of the second
     * @throws InvalidInputException when the items are not the same
     */
    PairedTask(RecordedTask before, RecordedTask after) {
        this.before = before;
        this.after = after;
        requireSameIds();
        requireSameItems();
    }

    RecordedTask before() {
        return before;
    }

    RecordedTask after() {
        return after;
    }

    /** @return the metrics that both have */
    List<Metric> metrics() {
        return before.metrics().stream().filter(metric -> after.metrics().contains(metric)).toList();
    }

    /** @return whether every item is either right or wrong, of both models */
    boolean isRightOrWrong(Metric metric) {
        return metric.aggregation() == Aggregation.MEAN && isZeroOrOne(before, metric) && isZeroOrOne(after, metric);
    }

    private static boolean isZeroOrOne(RecordedTask task, Metric metric) {
        return task.contributions(metric).stream()
                .allMatch(each -> each.weight() == 1 && (each.total() == 0 || each.total() == 1));
    }

    /** @return the metric by which an item counts as flipped: acc, else the first that says right or wrong */
    Optional<Metric> flipMetric() {
        return metrics().stream().filter(this::isRightOrWrong)
                .min(Comparator.comparing(metric -> !metric.key().equals(Metric.ACC.key())));
    }

    /** @return what the items are about, by the first model's entry, else the second's; empty where nothing says so */
    Optional<Subjects> subjects() {
        return Subjects.of(before.subject() == null ? after.subject() : before.subject(), before.items());
    }

    /** What is done with an item and whether each model is right about it. */
    interface Answer {
        void take(RecordedItem item, boolean rightBefore, boolean rightAfter);
    }

    /**
     * @param metric one that says right or wrong
     * @param each   is given every item, in their order
     */
    void forEach(Metric metric, Answer each) {
        for (int i = 0; i < before.items().size(); i++) {
            RecordedItem item = before.items().get(i);
            each.take(item, item.isRight(metric), after.items().get(i).isRight(metric));
        }
    }

    /** @return the items counted by what the models made of them */
    PairedAnswers answers(Metric metric) {
        PairedAnswers answers = new PairedAnswers();
        forEach(metric, (item, rightBefore, rightAfter) -> answers.add(rightBefore, rightAfter));
        return answers;
    }

    /**
     * @param seed of the bootstrap
     * @return the change of its {@link Calibration}, empty where the samples do not carry what it takes
     */
    List<CalibrationChange> calibration(long seed) {
        return hasChoices() && calibrationObstacle() == null ? CalibrationChange.between(before.name(),
                new Calibration(before.items()), new Calibration(after.items()), seed) : List.of();
    }

    /** @return what a reader must know: what is left out, and why */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        Stream.of(before, after).flatMap(task -> task.notes().stream()).distinct().forEach(notes::add);
        Stream.of(before, after).flatMap(task -> task.metrics().stream()).filter(metric -> !metrics().contains(metric))
                .map(Metric::key).distinct()
                .forEach(key -> notes.add(before.name() + " " + key + " is left out: not the same metric of both"));
        if (hasChoices() && calibrationObstacle() != null) {
            notes.add(before.name() + " has no calibration: " + calibrationObstacle());
        }
        return notes;
    }

    private boolean hasChoices() {
        return before.items().stream().anyMatch(item -> !item.choices().isEmpty());
    }

    private String calibrationObstacle() {
        return Stream.of(before, after).map(Calibration::obstacle).filter(Objects::nonNull).findFirst().orElse(null);
    }

    private void requireSameIds() {
        TreeMap<Integer, String> once = new TreeMap<>();
        before.items().forEach(item -> once.put(item.id(), "first"));
        after.items().forEach(item -> {
            if (once.remove(item.id()) == null) {
                once.put(item.id(), "second");
            }
        });
        if (!once.isEmpty()) {
            throw new InvalidInputException("task '" + before.name() + "': expected the same items twice, found "
                    + before.items().size() + " and " + after.items().size() + ", of which " + once.size()
                    + " are in one evaluation only; the first is doc_id " + once.firstKey() + ", in the "
                    + once.firstEntry().getValue() + ". Evaluate both on one data file with one limit.");
        }
    }

    private void requireSameItems() {
        List<Integer> different = new ArrayList<>();
        String what = null;
        for (int i = 0; i < before.items().size(); i++) {
            String difference = difference(before.items().get(i), after.items().get(i));
            if (difference != null) {
                different.add(before.items().get(i).id());
                what = what == null ? difference : what;
            }
        }
        if (!different.isEmpty()) {
            throw new InvalidInputException("task '" + before.name() + "': expected the same items twice, found that "
                    + different.size() + " of " + before.items().size() + " differ; the first is doc_id "
                    + different.get(0) + ", by its " + what
                    + ". Evaluate both on one data file with the same prompts.");
        }
    }

    private static String difference(RecordedItem first, RecordedItem second) {
        ItemHashes a = first.hashes();
        ItemHashes b = second.hashes();
        if (!a.doc().equals(b.doc())) {
            return "row (doc_hash)";
        }
        if (!a.prompt().equals(b.prompt())) {
            return "prompt (prompt_hash)";
        }
        if (!a.target().equals(b.target())) {
            return "target (target_hash)";
        }
        return first.choices().equals(second.choices()) ? null : "choices";
    }
}
