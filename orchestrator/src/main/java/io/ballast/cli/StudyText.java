package io.ballast.cli;

import io.ballast.study.Comparison;
import io.ballast.study.Figures;
import io.ballast.study.Spread;
import io.ballast.study.StudyConfig;
import io.ballast.study.StudyResults;
import java.util.List;
import java.util.Locale;

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
                    text.append(table(equal));
                }
            }
        }
        return text.toString();
    }

    private static TextTable table(Comparison.Equal equal) {
        TextTable table = new TextTable("", "kept", "± over seeds", "seeds", "from the best", "± over seeds");
        String best = equal.methods().keySet().stream().findFirst().orElse(null);
        equal.methods().forEach((method, reading) -> {
            Spread kept = reading.spread();
            Spread behind = equal.difference(method, best);
            table.row(List.of(method, Figures.score(kept.mean()), Figures.score(kept.deviation()), String.valueOf(kept.count()),
                    method.equals(best) ? "" : Figures.score(behind.mean()), method.equals(best) ? "" : Figures.score(behind.deviation())));
        });
        return table;
    }
}
