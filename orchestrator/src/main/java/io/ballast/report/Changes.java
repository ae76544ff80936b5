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
        List<Change> learned = result.objects("learned").stream().map(Changes::tested).toList();
        return new Changes(learned.isEmpty() ? untested(result.objects("scores")) : learned,
                result.objects("forgetting").stream().map(Changes::tested).toList());
    }

    /** A line of {@code learned} or {@code forgetting}: io.ballast.compare.ScoreChange. */
    private static Change tested(Fields row) {
        double[] interval = row.numbers("ci95");
        boolean whole = interval.length == 2;
        return new Change(row.text("task").orElse("?"), row.text("metric").orElse("?"), row.flag("higherIsBetter"),
                row.number("before"), row.number("after"), whole ? interval[0] : Double.NaN,
                whole ? interval[1] : Double.NaN, row.number("p"),
                row.number("adjustedP"), row.text("test").orElse(""), row.number("newlyWrong"),
                row.number("newlyRight"), row.number("smallestChange"), Verdict.of(row.text("verdict").orElse("")));
    }

    /** Where the base was not evaluated, or by an earlier version, domain scores have a first and a last stage only. */
    private static List<Change> untested(List<Fields> scores) {
        Map<String, List<Fields>> byScore = new LinkedHashMap<>();
        scores.stream().filter(score -> score.text("role").orElse("").equals("domain"))
                .forEach(score -> byScore.computeIfAbsent(score.text("task").orElse("?") + '\n'
                        + score.text("metric").orElse("?"), key -> new ArrayList<>()).add(score));
        return byScore.values().stream().filter(stages -> isAfterDomainPhase(stages.get(stages.size() - 1)))
                .filter(stages -> stages.size() > 1)
                .map(stages -> untested(stages.get(0), stages.get(stages.size() - 1))).toList();
    }

    private static boolean isAfterDomainPhase(Fields score) {
        return score.text("stage").filter(stage -> !stage.equals("base") && !stage.equals("anchored")).isPresent();
    }

    private static Change untested(Fields first, Fields last) {
        return new Change(last.text("task").orElse("?"), last.text("metric").orElse("?"), last.flag("higherIsBetter"),
                first.number("value"), last.number("value"), Double.NaN, Double.NaN, Double.NaN, Double.NaN, "",
                Double.NaN, Double.NaN, Double.NaN, Verdict.UNTESTED);
    }
}
