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
                Comparison comparison = new Comparison(config, results, domain.name());
                for (Comparison.Equal equal : comparison.atEqualLearning()) {
                    text.append(String.format(Locale.ROOT, "%n%s, learned %.3f (%s): kept (%s)%n", domain.name(),
                            equal.value(), results.learned().get(domain.name()), results.kept().get(domain.name())));
                    text.append(table(comparison, equal));
                }
            }
        }
        if (text.indexOf(" " + Comparison.MARK) >= 0) {
            text.append("\n" + Comparison.MARK + " sees general rows during the domain phase: compared with the best of these"
                    + " alone\n");
        }
        return text.toString();
    }

    private static TextTable table(Comparison comparison, Comparison.Equal equal) {
        TextTable table = new TextTable("", "kept", "± over seeds", "seeds", "from the best", "± over seeds");
        equal.leagues().forEach(league -> league.methods().forEach((method, reading) -> {
            Spread kept = reading.spread();
            Spread behind = league.fromTheBest(method);
            boolean isBest = method.equals(league.best());
            table.row(List.of(comparison.label(method), Figures.score(kept.mean()), Figures.score(kept.deviation()),
                    String.valueOf(kept.count()), isBest ? "" : Figures.score(behind.mean()),
                    isBest ? "" : Figures.score(behind.deviation())));
        }));
        return table;
    }
}
