package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.ballast.compare.CalibrationChange;
import io.ballast.compare.EvaluationComparison;
import io.ballast.compare.EvaluationSource;
import io.ballast.compare.ScoreChange;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Comparisons of evaluations, as a document and for people. */
final class ComparisonText {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls()
            .serializeSpecialFloatingPointValues().create();
    private static final int LETTERS = 26;

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

    static String text(List<EvaluationComparison> comparisons) {
        StringBuilder text = new StringBuilder();
        text.append(source(0, comparisons.get(0).before()));
        for (int i = 0; i < comparisons.size(); i++) {
            text.append(source(i + 1, comparisons.get(i).after()));
        }
        for (int i = 0; i < comparisons.size(); i++) {
            text.append('\n').append(of(comparisons.get(i), label(i + 1)));
        }
        return text.append(legend()).toString();
    }

    /** A run's stages are of the model in the run's folder, whatever the results call the one it began with. */
    private static String source(int index, EvaluationSource source) {
        return String.format(Locale.ROOT, "%-11s %s%s%s%n", label(index), source.path(),
                source.stage() == null ? "" : ", stage " + source.stage(),
                source.stage() != null || source.model() == null ? "" : ", model " + source.model());
    }

    private static String of(EvaluationComparison comparison, String label) {
        StringBuilder text = new StringBuilder().append(scores(comparison.scores(), label));
        if (!comparison.calibration().isEmpty()) {
            text.append('\n').append(calibration(comparison.calibration(), label));
        }
        comparison.notes().forEach(note -> text.append("\nnote: ").append(note));
        return text.append(comparison.notes().isEmpty() ? "" : "\n").toString();
    }

    private static TextTable scores(List<ScoreChange> scores, String label) {
        TextTable table = new TextTable("score", "A", label, "change", "95 % interval", "p", "Holm's p", "smallest",
                "newly wrong", "newly right", "n", "verdict");
        scores.forEach(score -> table.row(List.of(score.task() + " " + score.metric(), Numbers.score(score.before()),
                Numbers.score(score.after()), Numbers.change(score.change()), interval(score.ci95()),
                p(score.p()), p(score.adjustedP()),
                score.smallestChange() == null ? "-" : Numbers.score(score.smallestChange()),
                score.isRightOrWrong() ? String.valueOf(score.newlyWrong()) : "",
                score.isRightOrWrong() ? String.valueOf(score.newlyRight()) : "", String.valueOf(score.n()),
                score.verdict().toString())));
        return table;
    }

    private static TextTable calibration(List<CalibrationChange> changes, String label) {
        TextTable table = new TextTable("calibration", "A", label, "change", "95 % interval", "n");
        changes.forEach(change -> table.row(List.of(change.task() + " "
                + (change.measure().equals(CalibrationChange.ECE) ? "ECE" : "gold margin, nats"),
                Numbers.score(change.before()), Numbers.score(change.after()), Numbers.change(change.change()),
                interval(change.ci95()), String.valueOf(change.n()))));
        return table;
    }

    private static String interval(List<Double> ci95) {
        return "[" + Numbers.change(ci95.get(0)) + ", " + Numbers.change(ci95.get(1)) + "]";
    }

    private static String p(double p) {
        return p < 0.001 ? "<0.001" : String.format(Locale.ROOT, "%.3f", p);
    }

    private static String legend() {
        return String.format(Locale.ROOT, "%nThe verdict is by Holm's p, over all rows of a table, below 0.05. smallest:"
                + " the true change that%nthis many items show in 4 of 5 cases. Intervals: paired bootstrap, %,d draws.%n",
                EvaluationComparison.DRAWS);
    }
}
