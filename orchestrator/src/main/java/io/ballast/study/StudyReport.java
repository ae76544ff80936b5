package io.ballast.study;

import io.ballast.config.PlainNumber;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A study for people: {@code results.md}, which shows the pictures that lie beside it. */
public final class StudyReport {
    private static final double MEGABYTE = 1e6;
    private static final String BEST = "-best";

    private final StudyConfig config;
    private final StudyResults results;
    private final StringBuilder text = new StringBuilder();

    private StudyReport(StudyConfig config, StudyResults results) {
        this.config = config;
        this.results = results;
    }

    /**
     * Writes the report and a picture for each domain.
     *
     * @param config  of the study
     * @param results its rows
     * @param folder  where to
     * @return results.md
     */
    public static Path write(StudyConfig config, StudyResults results, Path folder) {
        try {
            for (StudyConfig.Domain domain : config.domains()) {
                if (results.learned().containsKey(domain.name())) {
                    Comparison comparison = new Comparison(config, results, domain.name());
                    Files.writeString(folder.resolve(picture(domain.name(), "")), StudyPicture.of(comparison));
                    Files.writeString(folder.resolve(picture(domain.name(), BEST)), StudyPicture.ofTheBest(comparison));
                }
            }
            return Files.writeString(folder.resolve("results.md"), new StudyReport(config, results).markdown());
        } catch (IOException e) {
            throw new UncheckedIOException("could not write the study's report in " + folder, e);
        }
    }

    private static String picture(String domain, String part) {
        return "results-" + domain.replaceAll("[^A-Za-z0-9._-]", "-") + part + ".svg";
    }

    private String markdown() {
        text.append("# ").append(config.name()).append("\n\n");
        for (StudyConfig.Domain domain : config.domains()) {
            if (results.learned().containsKey(domain.name())) {
                domain(new Comparison(config, results, domain.name()));
            }
        }
        failures();
        return text.toString();
    }

    private void domain(Comparison comparison) {
        text.append("## ").append(comparison.domain()).append("\n\n![Learned against kept](")
                .append(picture(comparison.domain(), "")).append(")\n![The corner where much is learned and much is kept](")
                .append(picture(comparison.domain(), BEST)).append(")\n\nLearned: ").append(comparison.learned())
                .append(". Kept: ").append(comparison.kept()).append(". Means over seeds, ± one standard deviation where"
                        + " there is more than one; \"from the best\" compares each seed with itself, and with the best of"
                        + " those that have the most seeds. Methods marked ").append(Comparison.MARK)
                .append(" see general rows during the domain phase: they come last, compared among themselves.\n\n");
        comparison.atEqualLearning().forEach(equal -> equal(comparison, equal, "learning", "kept"));
        comparison.atEqualKeeping().forEach(equal -> equal(comparison, equal, "keeping", "learned"));
        points(comparison);
    }

    private void equal(Comparison comparison, Comparison.Equal equal, String same, String told) {
        text.append("### At equal ").append(same).append(": ").append(Figures.score(equal.value())).append("\n\n| | ")
                .append(told).append(" | seeds | from the best |\n|---|---|---|---|\n");
        equal.leagues().forEach(league -> league.methods().forEach((method, reading) -> text.append("| ")
                .append(comparison.label(method)).append(" | ").append(Figures.score(reading.spread())).append(" | ")
                .append(reading.spread().count()).append(" | ").append(method.equals(league.best()) ? ""
                        : Figures.score(league.fromTheBest(method))).append(" |\n")));
        List<String> missing = config.methods().stream().map(StudyConfig.Method::name)
                .filter(method -> comparison.points().containsKey(method) && !equal.reaches(method))
                .toList();
        text.append(missing.isEmpty() ? "" : "\nNot reached by: " + String.join(", ", missing) + ".\n").append('\n');
    }

    private void points(Comparison comparison) {
        text.append("### Every point\n\n| | strength | learned | kept | seconds | importance, s | importance, MB |\n"
                + "|---|---|---|---|---|---|---|\n");
        comparison.baselines().forEach((stage, scores) -> text.append("| ").append(stage).append(" | | ")
                .append(Figures.score(scores[0])).append(" | ").append(Figures.score(scores[1])).append(" | | | |\n"));
        for (Map.Entry<String, List<Comparison.Point>> method : comparison.points().entrySet()) {
            for (Comparison.Point point : method.getValue()) {
                text.append(String.format(Locale.ROOT, "| %s | %s | %s | %s | %.0f | %s | %s |%n",
                        comparison.label(method.getKey()),
                        point.strength() == null ? "" : PlainNumber.of(point.strength()),
                        Figures.score(point.learned()), Figures.score(point.kept()), point.seconds(),
                        point.importanceBytes() == 0 ? "" : String.format(Locale.ROOT, "%.1f",
                                point.importanceSeconds()),
                        point.importanceBytes() == 0 ? "" : String.format(Locale.ROOT, "%.0f",
                                point.importanceBytes() / MEGABYTE)));
            }
        }
        text.append('\n');
    }

    private void failures() {
        List<StudyRow> failed = results.rows().stream().filter(row -> !row.isCompleted()).toList();
        if (!failed.isEmpty()) {
            text.append("## Runs that failed\n\n");
            failed.forEach(row -> text.append("- ").append(row.method()).append(row.strength() == null ? ""
                    : " " + PlainNumber.of(row.strength())).append(", ").append(row.domain()).append(", seed ")
                    .append(row.seed()).append(": ").append(row.message()).append('\n'));
        }
    }
}
