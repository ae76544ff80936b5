package io.ballast.cli;

import io.ballast.compare.ScoreChange;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The demo's table: what each way of fine-tuning learned and kept. */
final class DemoTable {
    private static final String METRIC = "acc";

    private DemoTable() {
    }

    static TextTable of(Map<String, WatchedRun> runs) {
        TextTable table = new TextTable("", "general accuracy", "domain accuracy", "forgetting (95 % interval)",
                "");
        List<Score> any = runs.values().iterator().next().result().scores();
        table.row(row("base", any, any.isEmpty() ? "" : any.get(0).stage(), Optional.empty()));
        runs.forEach((name, run) -> {
            List<Score> scores = run.result().scores();
            table.row(row(name, scores, scores.isEmpty() ? "" : scores.get(scores.size() - 1).stage(),
                    forgetting(run.result().forgetting())));
        });
        return table;
    }

    private static List<String> row(String name, List<Score> scores, String stage, Optional<ScoreChange> forgetting) {
        return List.of(name, accuracy(scores, stage, Role.GENERAL), accuracy(scores, stage, Role.DOMAIN),
                forgetting.map(DemoTable::change).orElse("—"),
                forgetting.map(ScoreChange::verdict).map(Object::toString).orElse(""));
    }

    private static String accuracy(List<Score> scores, String stage, Role role) {
        return scores.stream().filter(score -> score.stage().equals(stage) && score.role() == role
                && score.metric().equals(METRIC)).findFirst()
                .map(score -> String.format(Locale.ROOT, "%.1f %%", 100 * score.value())).orElse("—");
    }

    private static Optional<ScoreChange> forgetting(List<ScoreChange> changes) {
        return changes.stream().filter(each -> each.metric().equals(METRIC)).findFirst();
    }

    private static String change(ScoreChange change) {
        return String.format(Locale.ROOT, "%+.1f points [%+.1f, %+.1f]", 100 * change.change(),
                100 * change.ci95().get(0), 100 * change.ci95().get(1));
    }
}
