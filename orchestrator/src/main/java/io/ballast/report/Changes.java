package io.ballast.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The two axes of every comparison.
 *
 * @param learned changes of the domain scores
 * @param kept    changes of the general scores
 */
record Changes(List<Change> learned, List<Change> kept) {

    static Changes of(Fields result) {
        return new Changes(learned(result.objects("scores")),
                result.objects("forgetting").stream().map(Changes::forgetting).toList());
    }

    /** General scores come with their paired interval: {@code forgetting} of result.json. */
    private static Change forgetting(Fields row) {
        double[] interval = row.numbers("ci95");
        boolean whole = interval.length == 2;
        return new Change(row.text("task").orElse("?"), row.text("metric").orElse("?"), row.flag("higherIsBetter"),
                row.number("before"), row.number("after"), whole ? interval[0] : Double.NaN,
                whole ? interval[1] : Double.NaN, row.number("p"), row.text("test").orElse(""),
                row.number("newlyWrong"), row.number("newlyRight"));
    }

    /** Domain scores have a first and a last stage, and perhaps standard errors. */
    private static List<Change> learned(List<Fields> scores) {
        Map<String, List<Fields>> byScore = new LinkedHashMap<>();
        scores.stream().filter(score -> score.text("role").orElse("").equals("domain"))
                .forEach(score -> byScore.computeIfAbsent(score.text("task").orElse("?") + '\n'
                        + score.text("metric").orElse("?"), key -> new ArrayList<>()).add(score));
        return byScore.values().stream().filter(stages -> isAfterDomainPhase(stages.get(stages.size() - 1)))
                .filter(stages -> stages.size() > 1)
                .map(stages -> learned(stages.get(0), stages.get(stages.size() - 1))).toList();
    }

    private static boolean isAfterDomainPhase(Fields score) {
        return score.text("stage").filter(stage -> !stage.equals("base") && !stage.equals("anchored")).isPresent();
    }

    private static Change learned(Fields first, Fields last) {
        double before = first.number("value");
        double after = last.number("value");
        double margin = 1.96 * Math.hypot(first.number("stderr"), last.number("stderr"));
        return new Change(last.text("task").orElse("?"), last.text("metric").orElse("?"), last.flag("higherIsBetter"),
                before, after, after - before - margin, after - before + margin, Double.NaN,
                "unpaired, from both standard errors: wider than need be",
                Double.NaN, Double.NaN);
    }
}
