package io.ballast.cli;

import io.ballast.study.Comparison;
import io.ballast.study.Spread;
import io.ballast.study.StudyConfig;
import io.ballast.study.StudyResults;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a study found, in short: for each domain the methods at equal learning, the best first. */
final class StudyText {
    private StudyText() {
    }

    static String of(StudyConfig config, StudyResults results) {
        StringBuilder text = new StringBuilder();
        for (StudyConfig.Domain domain : config.domains()) {
            if (results.learned().containsKey(domain.name())) {
                for (Comparison.Equal equal : new Comparison(config, results, domain.name()).atEqualLearning()) {
                    text.append(String.format(Locale.ROOT, "%n%s, learned %.3f (%s): kept (%s)%n", domain.name(),
                            equal.value(), results.learned().get(domain.name()), results.kept().get(domain.name())));
                    text.append(table(equal.methods()));
                }
            }
        }
        return text.toString();
    }

    private static TextTable table(Map<String, Spread> methods) {
        TextTable table = new TextTable("", "kept", "± over seeds", "seeds");
        methods.forEach((method, kept) -> table.row(List.of(method, String.format(Locale.ROOT, "%.3f", kept.mean()),
                kept.count() > 1 ? String.format(Locale.ROOT, "%.3f", kept.deviation()) : "—",
                String.valueOf(kept.count()))));
        return table;
    }
}
