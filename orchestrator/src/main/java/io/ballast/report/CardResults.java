package io.ballast.report;

import io.ballast.compare.CalibrationChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What was learned and kept, as the model card tells it. */
final class CardResults {
    private CardResults() {
    }

    static String title(Evidence evidence) {
        String message = evidence.message();
        return "# " + Markdown.text(FrontMatter.name(evidence)) + "\n"
                + "\n**" + Markdown.text(Headline.of(evidence)) + "**\n"
                + (message.isEmpty() ? "" : "\n> " + Markdown.text(message) + "\n");
    }

    static String changes(Evidence evidence) {
        List<List<String>> rows = new ArrayList<>();
        evidence.changes().learned().forEach(change -> rows.add(row("learned", change)));
        evidence.changes().kept().forEach(change -> rows.add(row("kept", change)));
        String table = Markdown.table(
                List.of("", "task", "metric", "before", "after", "change", "95 % interval", "p", "could show", "verdict"),
                rows);
        return Markdown.section("What was learned, what was kept", table.isEmpty() ? "" : table
                + "\nShares in percent, their changes in points; perplexity: lower is better. Before and after are"
                + " compared item by item; p and verdict are corrected for looking at several scores (Holm), of what"
                + " was learned and of what was kept each. *Could show* is the smallest true change that this many items"
                + " show in 4 of 5 cases: \"no change beyond noise\" rules out no smaller one. All of it speaks of the items"
                + " evaluated and of one seed.\n");
    }

    private static List<String> row(String axis, Change change) {
        boolean tested = change.verdict() != Verdict.UNTESTED;
        return List.of(axis, change.task(), change.metric(), Numbers.score(change, change.before()),
                Numbers.score(change, change.after()), Numbers.difference(change, change.difference()),
                tested ? interval(change) : "–", Numbers.p(change.adjustedP()),
                Numbers.size(change, change.smallestChange()), change.verdict().toString());
    }

    private static String interval(Change change) {
        return Numbers.difference(change, change.low()) + " to " + Numbers.difference(change, change.high());
    }

    /** How sure the model is of its answers, and how rightly so. */
    static String calibration(Evidence evidence) {
        List<List<String>> rows = evidence.run().result().objects("calibration").stream().map(change -> List.of(
                change.text("task").orElse("?"),
                change.text("measure").orElse("?").equals(CalibrationChange.ECE) ? "calibration error (ECE)"
                        : "right answer's margin, nats",
                Numbers.score(change.number("before")), Numbers.score(change.number("after")),
                Numbers.signed(change.number("change")), interval(change.numbers("ci95")))).toList();
        return Markdown.section("Calibration",
                Markdown.table(List.of("task", "", "before", "after", "change", "95 % interval"), rows));
    }

    private static String interval(double[] ends) {
        return ends.length == 2 ? Numbers.signed(ends[0]) + " to " + Numbers.signed(ends[1]) : "–";
    }

    /** A column for each stage, in the order in which they were evaluated. */
    static String scores(Evidence evidence) {
        Fields result = evidence.run().result();
        List<Fields> scores = Stream.of("scores", "groups").flatMap(key -> result.objects(key).stream()).toList();
        List<String> stages = scores.stream().map(score -> score.text("stage").orElse("?")).distinct().toList();
        Map<List<String>, Map<String, String>> values = new LinkedHashMap<>();
        scores.forEach(score -> values.computeIfAbsent(key(score), key -> new LinkedHashMap<>())
                .put(score.text("stage").orElse("?"), Numbers.significant(score.number("value"), 4)));
        List<String> header = new ArrayList<>(List.of("role", "task", "metric"));
        header.addAll(stages);
        List<List<String>> rows = values.entrySet().stream().map(entry -> {
            List<String> row = new ArrayList<>(entry.getKey());
            stages.forEach(stage -> row.add(entry.getValue().getOrDefault(stage, "–")));
            return row;
        }).toList();
        return Markdown.section("Scores by stage", Markdown.table(header, rows));
    }

    private static List<String> key(Fields score) {
        return Stream.of("role", "task", "metric").map(name -> score.text(name).orElse("?")).toList();
    }
}
