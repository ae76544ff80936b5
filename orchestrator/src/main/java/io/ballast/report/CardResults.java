package io.ballast.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was learned and kept, as the model card tells it. */
final class CardResults {
    private CardResults() {
    }

    static String title(Evidence evidence) {
        String message = evidence.message();
        return "# " + Markdown.text(FrontMatter.name(evidence)) + "\n\n**" + Markdown.text(Headline.of(evidence)) + "**\n"
                + (message.isEmpty() ? "" : "\n> " + Markdown.text(message) + "\n");
    }

    static String changes(Evidence evidence) {
        List<List<String>> rows = new ArrayList<>();
        evidence.changes().learned().forEach(change -> rows.add(row("learned", change)));
        evidence.changes().kept().forEach(change -> rows.add(row("kept", change)));
        String table = Markdown.table(
                List.of("", "task", "metric", "before", "after", "change", "95 % interval", "p", "verdict"), rows);
        return Markdown.section("What was learned, what was kept", table.isEmpty() ? "" : table
                + "\nShares in percent, their changes in points; perplexity: lower is better. An interval that contains"
                + " 0 is no change beyond noise. It speaks of the items evaluated and of one seed.\n");
    }

    private static List<String> row(String axis, Change change) {
        boolean tested = change.verdict() != Verdict.UNTESTED;
        return List.of(axis, change.task(), change.metric(), Numbers.score(change, change.before()),
                Numbers.score(change, change.after()), Numbers.difference(change, change.difference()),
                tested ? Numbers.difference(change, change.low()) + " to " + Numbers.difference(change, change.high()) : "–",
                Double.isNaN(change.p()) ? "–" : change.p() < 0.001 ? "< 0.001" : Numbers.significant(change.p(), 2),
                change.verdict().name().toLowerCase(Locale.ROOT));
    }

    /** A column for each stage, in the order in which they were evaluated. */
    static String scores(Evidence evidence) {
        List<Fields> scores = evidence.run().result().objects("scores");
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
        return List.of(score.text("role").orElse("?"), score.text("task").orElse("?"), score.text("metric").orElse("?"));
    }
}
