package io.ballast.compare;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How many items of one subject two models have right. Subjects have few items, and one of many looks changed by chance:
 * Holm's correction is over the subjects of a task.
 *
 * @param task           name of the task
 * @param metric         by which an item is right or wrong: {@code acc}, or the first that says so
 * @param subject        what the items have in their column; {@value Subjects#NONE} for those without
 * @param before         share of items that the first model has right
 * @param after          share of items that the second has right
 * @param change         after − before
 * @param p              two-sided p-value of "no change", McNemar's exact test
 * @param adjustedP      the same after Holm's correction over the task's subjects
 * @param newlyWrong     items right before and wrong after
 * @param newlyRight     items wrong before and right after
 * @param n              items of this subject
 * @param smallestChange as {@link ScoreChange#smallestChange()}
 * @param verdict        from {@code adjustedP}
 */
public record SubjectChange(String task, String metric, String subject, double before, double after, double change,
        double p, double adjustedP, int newlyWrong, int newlyRight, int n, Double smallestChange,
        ChangeVerdict verdict) {

    /** @return one a subject, those with the most items first; none where a task has no subjects or no right answers */
    static List<SubjectChange> of(PairedTask pair) {
        Optional<Subjects> subjects = pair.subjects();
        if (subjects.isEmpty() || pair.flipMetric().isEmpty()) {
            return List.of();
        }
        Map<String, PairedAnswers> answers = new TreeMap<>();
        pair.forEach(pair.flipMetric().get(), (item, before, after) -> answers
                .computeIfAbsent(subjects.get().of(item), subject -> new PairedAnswers()).add(before, after));
        double[] adjusted = HolmCorrection.adjusted(answers.values().stream().mapToDouble(PairedAnswers::p).toArray());
        List<SubjectChange> changes = new ArrayList<>();
        answers.forEach((subject, counts) -> changes.add(of(pair.before().name(), pair.flipMetric().get().key(),
                subject, counts, adjusted[changes.size()])));
        changes.sort(Comparator.comparingInt(SubjectChange::n).reversed());
        return changes;
    }

    private static SubjectChange of(String task, String metric, String subject, PairedAnswers answers,
            double adjustedP) {
        double before = answers.before();
        double after = answers.after();
        return new SubjectChange(task, metric, subject, before, after, after - before, answers.p(), adjustedP,
                answers.newlyWrong(), answers.newlyRight(), answers.size(), answers.smallestChange(),
                ChangeVerdict.of(before, after, true, adjustedP));
    }
}
