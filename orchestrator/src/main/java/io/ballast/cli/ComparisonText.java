package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.ballast.compare.CalibrationChange;
import io.ballast.compare.ChangeVerdict;
import io.ballast.compare.EvaluationComparison;
import io.ballast.compare.EvaluationSource;
import io.ballast.compare.ScoreChange;
import io.ballast.compare.SubjectChange;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** Comparisons of evaluations, as a document and for people. */
final class ComparisonText {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls()
            .serializeSpecialFloatingPointValues().create();
    private static final int LETTERS = 26;
    /** A table of so many rows is read as a whole. */
    private static final int MOST_ROWS = 20;

    private ComparisonText() {
    }

    /** {@code {"comparisons": [...]}} of {@link EvaluationComparison}, in the order of the command line. */
    static String document(List<EvaluationComparison> comparisons) {
        return GSON.toJson(Map.of("comparisons", comparisons));
    }

    /** A, B, C, …, by the place on the command line. */
    static String label(int index) {
        return index < LETTERS ? String.valueOf((char) ('A' + index)) : String.valueOf(index + 1);
    }

    /** @param all whether rows without a change beyond noise are shown also where there are many */
    static String text(List<EvaluationComparison> comparisons, boolean all) {
        StringBuilder text = new StringBuilder();
        text.append(source(0, comparisons.get(0).before()));
        for (int i = 0; i < comparisons.size(); i++) {
            text.append(source(i + 1, comparisons.get(i).after()));
        }
        for (int i = 0; i < comparisons.size(); i++) {
            text.append('\n').append(of(comparisons.get(i), label(i + 1), all));
        }
        return text.append(legend()).toString();
    }

    /** A run's stages are of the model in the run's folder, whatever the results call the one it began with. */
    private static String source(int index, EvaluationSource source) {
        return String.format(Locale.ROOT, "%-11s %s%s%s%n", label(index), source.path(),
                source.stage() == null ? "" : ", stage " + source.stage(),
                source.stage() != null || source.model() == null ? "" : ", model " + source.model());
    }

    private static String of(EvaluationComparison comparison, String label, boolean all) {
        StringBuilder text = new StringBuilder().append(scores(comparison.scores(), label, all));
        if (!comparison.calibration().isEmpty()) {
            text.append('\n').append(calibration(comparison.calibration(), label, all));
        }
        if (!comparison.subjects().isEmpty()) {
            text.append('\n').append(subjects(comparison.subjects(), label, all));
        }
        comparison.notes().forEach(note -> text.append("\nnote: ").append(note));
        return text.append(comparison.notes().isEmpty() ? "" : "\n").toString();
    }

    private static String scores(List<ScoreChange> scores, String label, boolean all) {
        TextTable table = new TextTable("score", "A", label, "change", "95 % interval", "p", "Holm's p", "could show",
                "newly wrong", "newly right", "n", "verdict");
        return filled(table, scores, score -> score.verdict() != ChangeVerdict.NOISE, all,
                score -> List.of(score.task() + " " + score.metric(), Numbers.score(score.before()),
                Numbers.score(score.after()), Numbers.change(score.change()), Numbers.interval(score.ci95()),
                p(score.p()), p(score.adjustedP()), Numbers.orDash(score.smallestChange()),
                score.isRightOrWrong() ? String.valueOf(score.newlyWrong()) : "",
                score.isRightOrWrong() ? String.valueOf(score.newlyRight()) : "", String.valueOf(score.n()),
                score.verdict().toString()));
    }

    private static String calibration(List<CalibrationChange> changes, String label, boolean all) {
        TextTable table = new TextTable("calibration", "A", label, "change", "95 % interval", "n");
        return filled(table, changes, change -> change.ci95().get(0) > 0 || change.ci95().get(1) < 0, all,
                change -> List.of(change.task() + " "
                + (change.measure().equals(CalibrationChange.ECE) ? "ECE" : "gold margin, nats"),
                Numbers.score(change.before()), Numbers.score(change.after()), Numbers.change(change.change()),
                Numbers.interval(change.ci95()), String.valueOf(change.n())));
    }

    private static String subjects(List<SubjectChange> changes, String label, boolean all) {
        TextTable table = new TextTable("by subject", "A", label, "change", "p", "Holm's p", "could show",
                "newly wrong", "newly right", "n", "verdict");
        return filled(table, changes, change -> change.verdict() != ChangeVerdict.NOISE, all,
                change -> List.of(change.task() + ": " + change.subject(), Numbers.score(change.before()),
                Numbers.score(change.after()), Numbers.change(change.change()), p(change.p()), p(change.adjustedP()),
                Numbers.orDash(change.smallestChange()), String.valueOf(change.newlyWrong()),
                String.valueOf(change.newlyRight()), String.valueOf(change.n()), change.verdict().toString()));
    }

    /** Many rows are more than a person reads: then only those that changed stand there, and the rest is counted. */
    private static <T> String filled(TextTable table, List<T> rows, Predicate<T> changed, boolean all,
            Function<T, List<String>> cells) {
        List<T> shown = all || rows.size() <= MOST_ROWS ? rows : rows.stream().filter(changed).toList();
        shown.forEach(row -> table.row(cells.apply(row)));
        int left = rows.size() - shown.size();
        return left == 0 ? table.toString()
                : table + String.format(Locale.ROOT, "%d of %d rows: no change beyond noise; --all shows them%n", left,
                        rows.size());
    }

    private static String p(double p) {
        return p < 0.001 ? "<0.001" : String.format(Locale.ROOT, "%.3f", p);
    }

    private static String legend() {
        return String.format(Locale.ROOT, "%nThe verdict is by Holm's p below 0.05, over all scores of a table, of"
                + " subjects over those of a task. could show:%nthe smallest true change that this many items show in"
                + " 4 of 5 cases. Intervals: paired bootstrap, %,d draws.%n", EvaluationComparison.DRAWS);
    }
}
