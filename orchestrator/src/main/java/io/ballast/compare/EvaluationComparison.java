package io.ballast.compare;

import io.ballast.InvalidInputException;
import io.ballast.eval.Items;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Two evaluations of the same items, whoever made them: what changed, and what of it is more than noise.
 *
 * @param before      the evaluation that the other is compared with
 * @param after       the other
 * @param seed        of the bootstraps
 * @param scores      one for each task and metric that both have
 * @param calibration two for each multiple-choice task whose samples carry every choice's log-likelihood and the right
 *                    choice
 * @param subjects    one for each subject of a task that has several
 * @param notes       what is not in here, and why: tasks and metrics of one evaluation only, values that are no
 *                    function of the items
 */
public record EvaluationComparison(EvaluationSource before, EvaluationSource after, long seed,
        List<ScoreChange> scores, List<CalibrationChange> calibration, List<SubjectChange> subjects,
        List<String> notes) {

    /** Bootstrap draws of every interval. */
    public static final int DRAWS = PairedBootstrap.DRAWS;

    /**
     * Compares all tasks that both have. Items are paired by task and {@code doc_id}; their hashes must be equal.
     * Holm's correction is over all tasks and metrics of this comparison.
     *
     * @param before the evaluation that the other is compared with
     * @param after  the other
     * @param seed   of the bootstraps
     * @param subject the column of the items' rows that says what an item is about, in tasks that have it; null for the
     *               one that a task's entry names, or the usual ones
     * @param flips  where to write {@link Flips}, {@code TASK.jsonl} for each task with right and wrong items; null for
     *               nowhere
     * @return what changed
     * @throws InvalidInputException when they have no task or metric in common, a task's items are not the same, or no
     *                               item has a column {@code subject}
     */
    public static EvaluationComparison between(EvaluationFolder before, EvaluationFolder after, long seed, String subject,
            Path flips) {
        List<String> tasks = before.tasks().stream().filter(after.tasks()::contains).toList();
        if (tasks.isEmpty()) {
            throw new InvalidInputException("expected a task that both evaluations have; found "
                    + String.join(", ", before.tasks()) + " in " + before.source().results() + " and "
                    + String.join(", ", after.tasks()) + " in " + after.source().results() + ".");
        }
        TaskChanges changes = TaskChanges.of(tasks.stream().map(task -> pair(before, after, task, subject, flips)), seed);
        if (subject != null && changes.subjects().isEmpty()) {
            throw new InvalidInputException("expected '" + subject + "' to be a column of items that are right or wrong,"
                    + " of the tasks " + String.join(", ", tasks) + "; found none that has it. Name a column of their"
                    + " rows, which the samples carry as 'doc'.");
        }
        if (changes.scores().isEmpty()) {
            throw new InvalidInputException("expected a metric that both evaluations have; found none in the tasks "
                    + String.join(", ", tasks) + ": " + String.join("; ", changes.notes()) + ".");
        }
        return new EvaluationComparison(before.source(), after.source(), seed, changes.scores(), changes.calibration(),
                changes.subjects(), Stream.of(notes(before, after), changes.notes()).flatMap(List::stream).toList());
    }

    private static PairedTask pair(EvaluationFolder before, EvaluationFolder after, String task, String subject,
            Path flips) {
        PairedTask pair = new PairedTask(before.task(task).by(subject), after.task(task).by(subject));
        if (flips != null) {
            Flips.write(pair, flips);
        }
        return pair;
    }

    private static List<String> notes(EvaluationFolder before, EvaluationFolder after) {
        List<String> notes = new ArrayList<>();
        if (before.source().results().equals(after.source().results())) {
            notes.add("this is one evaluation compared with itself");
        }
        Set<String> tasks = new LinkedHashSet<>(before.allTasks());
        tasks.addAll(after.allTasks());
        for (String task : tasks) {
            String without = Stream.of(before, after).filter(folder -> !folder.tasks().contains(task))
                    .map(folder -> folder.source().path()).distinct().collect(Collectors.joining(" and "));
            if (!without.isEmpty()) {
                notes.add(task + " is left out: there are no samples of it in " + without);
            }
        }
        return notes;
    }
}
