package io.ballast.cli;

import io.ballast.Result;
import io.ballast.compare.ScoreChange;
import io.ballast.eval.Score;
import io.ballast.eval.TrainTestMatrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/** A run's result for a person at a terminal. */
final class ResultText {
    private ResultText() {
    }

    static String of(Result result, Path folder) {
        StringBuilder text = new StringBuilder(result.name()).append(": ").append(result.status())
                .append(result.message() == null ? "" : " (" + result.message() + ")").append('\n');
        if (!result.scores().isEmpty()) {
            text.append('\n').append(scores(Stream.concat(result.scores().stream(), result.groups().stream()).toList()));
        }
        if (!result.learned().isEmpty()) {
            text.append('\n').append(changes("learned", result.learned()));
        }
        if (!result.forgetting().isEmpty()) {
            text.append('\n').append(changes("forgetting", result.forgetting()));
        }
        result.matrices().forEach(matrix -> text.append('\n').append(matrix(matrix)));
        return text.append('\n').append("report      ").append(folder.resolve("report.html")).append('\n').toString();
    }

    /** A row for each task and metric, a column for each stage. */
    private static TextTable scores(List<Score> scores) {
        List<String> stages = scores.stream().map(Score::stage).distinct().toList();
        List<String> head = new ArrayList<>(List.of("score", "role"));
        head.addAll(stages);
        TextTable table = new TextTable(head.toArray(String[]::new));
        scores.stream().map(ResultText::name).distinct().forEach(name -> {
            List<Score> row = scores.stream().filter(score -> name(score).equals(name)).toList();
            List<String> cells = new ArrayList<>(List.of(name, row.get(0).role().key()));
            stages.forEach(stage -> cells.add(row.stream().filter(score -> score.stage().equals(stage)).findFirst()
                    .map(score -> Numbers.score(score.value())).orElse("")));
            table.row(cells);
        });
        return table;
    }

    /** A name of the table, such as forgetting, and what became of each score. */
    private static TextTable changes(String title, List<ScoreChange> changes) {
        TextTable table = new TextTable(title, "before", "after", "change", "95 % interval", "could show", "");
        changes.forEach(change -> table.row(List.of(change.task() + " " + change.metric(),
                Numbers.score(change.before()), Numbers.score(change.after()), Numbers.change(change.change()),
                Numbers.interval(change.ci95()), Numbers.orDash(change.smallestChange()),
                Objects.toString(change.verdict(), ""))));
        return table;
    }

    /** A row for each domain that was trained on, a column for each that was measured; then what follows from it. */
    private static String matrix(TrainTestMatrix matrix) {
        List<String> head = new ArrayList<>(List.of(matrix.metric() + " on"));
        head.addAll(matrix.domains());
        TextTable table = new TextTable(head.toArray(String[]::new));
        if (matrix.before() != null) {
            table.row(row("before", matrix.before()));
        }
        for (int i = 0; i < matrix.rows().size(); i++) {
            table.row(row("after " + matrix.domains().get(i), matrix.rows().get(i)));
        }
        TextTable measures = new TextTable("of this R", "", "");
        matrix.measures().forEach(measure -> measures.row(List.of(measure.name(), Numbers.score(measure.value()),
                measure.formula())));
        return table.toString() + (matrix.measures().isEmpty() ? "" : "\n" + measures);
    }

    private static List<String> row(String name, List<Double> scores) {
        return Stream.concat(Stream.of(name), scores.stream().map(Numbers::score)).toList();
    }

    private static String name(Score score) {
        return score.task() + " " + score.metric();
    }

    /** Phases and importance, for who wants to know what it cost. */
    static String cost(Result result) {
        TextTable phases = new TextTable("phase", "steps", "seconds", "tokens/s", "peak memory", "first loss",
                "last loss");
        result.phases().forEach(phase -> phases.row(List.of(phase.name(), String.valueOf(phase.steps()),
                String.format(Locale.ROOT, "%.1f", phase.seconds()), Numbers.large(phase.tokensPerSecond(), ""),
                Numbers.large(phase.peakMemoryBytes(), "B"), Numbers.score(phase.firstLoss()),
                Numbers.score(phase.lastLoss()))));
        StringBuilder text = new StringBuilder();
        if (!result.phases().isEmpty()) {
            text.append('\n').append(phases);
        }
        Result.Importance importance = result.importance();
        if (importance != null) {
            String measured = importance.sumOmega() == null
                    ? String.format(Locale.ROOT, "%s of %,d documents", importance.method(), importance.samples())
                    : String.format("%s, Σω %s for %s of loss gained", importance.method(),
                            Numbers.score(importance.sumOmega()), Numbers.score(importance.lossGained()));
            text.append(String.format("%nimportance  %s, entropy of α %s%n", measured,
                    Numbers.score(importance.alphaEntropy())));
            if (importance.storage() != null) {
                text.append(String.format("anchor      %s; Ω %s%n", Numbers.large(importance.bytes(), "B"),
                        Numbers.stored(importance.importanceBytes(), importance.storage(),
                                importance.storageError(), importance.modelBytes())));
            }
        }
        return text.toString();
    }
}
