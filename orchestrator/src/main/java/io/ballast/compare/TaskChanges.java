package io.ballast.compare;

import io.ballast.InvalidInputException;
import io.ballast.eval.Evaluation;
import io.ballast.eval.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What changed between two models on tasks that are looked at together: Holm's correction is over all of their metrics.
 * The same whether the models were evaluated in one run or by anybody at any time.
 *
 * @param scores      one for each task and metric
 * @param calibration two for each multiple-choice task of which every choice's log-likelihood and the right one is known
 * @param subjects    one for each subject of a task that has several
 * @param notes       what is not in here, and why
 */
public record TaskChanges(List<ScoreChange> scores, List<CalibrationChange> calibration, List<SubjectChange> subjects,
        List<String> notes) {

    /**
     * Compares two evaluations of a run.
     *
     * @param before of the first model
     * @param after  of the second, with the same tasks
     * @param role   of the tasks that are compared
     * @param seed   of the bootstraps
     * @return what changed
     * @throws InvalidInputException when a task's items are not the same
     */
    public static TaskChanges between(Evaluation before, Evaluation after, Role role, long seed) {
        return of(before.results().stream().filter(result -> result.task().role() == role)
                .map(result -> new PairedTask(RecordedTask.of(result),
                        RecordedTask.of(after.task(result.task().name()).orElseThrow()))), seed);
    }

    /** Pairs are taken one after another, so that no more than one task's items need to be in memory. */
    static TaskChanges of(Stream<PairedTask> pairs, long seed) {
        List<ScoreChange> scores = new ArrayList<>();
        List<CalibrationChange> calibration = new ArrayList<>();
        List<SubjectChange> subjects = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        pairs.forEachOrdered(pair -> {
            pair.metrics().forEach(metric -> scores.add(ScoreChange.of(pair, metric, seed)));
            calibration.addAll(pair.calibration(seed));
            subjects.addAll(SubjectChange.of(pair));
            notes.addAll(pair.notes());
        });
        double[] adjusted = HolmCorrection.adjusted(scores.stream().mapToDouble(ScoreChange::p).toArray());
        for (int i = 0; i < adjusted.length; i++) {
            scores.set(i, scores.get(i).adjusted(adjusted[i]));
        }
        return new TaskChanges(List.copyOf(scores), List.copyOf(calibration), List.copyOf(subjects),
                List.copyOf(notes));
    }
}
