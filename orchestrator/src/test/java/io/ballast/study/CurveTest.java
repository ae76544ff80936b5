package io.ballast.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.study.Curve.Axis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CurveTest {
    private static StudyRow row(String method, Double strength, long seed, double learned, double kept) {
        double replay = method.startsWith("replay") ? 0.5 : 0;
        return new StudyRow(method, "d", strength, seed, "completed", null, learned, kept, replay, 1, 0, 0, "key");
    }

    private static Curve curve(double... learnedAndKept) {
        List<StudyRow> points = new ArrayList<>();
        for (int i = 0; i < learnedAndKept.length; i += 2) {
            points.add(row("m", (double) i, 1, learnedAndKept[i], learnedAndKept[i + 1]));
        }
        return new Curve(points);
    }

    @Test
    void betweenTwoPointsItIsTheStraightLine() {
        assertEquals(Optional.of(3.5), curve(1, 4, 3, 2).at(Axis.LEARNED, 1.5, true, Axis.KEPT, true));
        assertEquals(Optional.of(2.0), curve(1, 4, 3, 2).at(Axis.LEARNED, 3, true, Axis.KEPT, true));
        assertEquals(Optional.of(2.5), curve(1, 4, 3, 2).at(Axis.KEPT, 2.5, true, Axis.LEARNED, true));
        assertEquals(Optional.empty(), curve(1, 4, 3, 2).at(Axis.LEARNED, 3.5, true, Axis.KEPT, true));
    }

    @Test
    void aStrengthThatIsBetterOnBothAxesCounts() {
        Curve better = curve(2, 3, 4, 5);
        assertEquals(Optional.of(5.0), better.at(Axis.LEARNED, 1, true, Axis.KEPT, true));
        assertEquals(Optional.of(5.0), better.at(Axis.LEARNED, 3, true, Axis.KEPT, true), "not the 4 half way");
        assertEquals(Optional.of(3.0), better.at(Axis.LEARNED, 3, false, Axis.KEPT, false), "losses");
        assertEquals(Optional.of(2.0), curve(1, 2).at(Axis.LEARNED, 1, true, Axis.KEPT, true), "one point is enough");
        assertEquals(Optional.empty(), curve(1, 2).at(Axis.LEARNED, 1.1, true, Axis.KEPT, true));
    }

    @Test
    void aCurveThatPassesAValueTwiceGivesTheBest() {
        Curve bent = curve(1, 2, 3, 4, 1, 8);
        assertEquals(Optional.of(6.0), bent.at(Axis.LEARNED, 2, true, Axis.KEPT, true));
        assertEquals(Optional.of(2.0), bent.at(Axis.LEARNED, 2, false, Axis.KEPT, false));
        assertArrayEquals(new double[] {1, 3}, bent.range(Axis.LEARNED).orElseThrow());
    }

    @Test
    void theSpreadIsThatOfASample() {
        Spread spread = Spread.of(List.of(2.0, 4.0, 9.0));
        assertEquals(5, spread.mean());
        assertEquals(Math.sqrt(13), spread.deviation(), 1e-12);
        assertTrue(Double.isNaN(Spread.of(List.of(2.0)).deviation()));
    }

    /** Two lines in the plane, lower is better on both axes; the second starts at the first's point of strength 0. */
    @Test
    void methodsAreComparedWhereTheyLearnTheSame() {
        StudyConfig.Method plain = method("plain", null);
        StudyConfig.Method one = method("one", "plain");
        StudyConfig.Method other = method("other", null);
        StudyConfig config = study(null, plain, one, other);
        StudyResults results = new StudyResults(1, "s", Map.of("d", new Measure("dom", "loss", false)),
                Map.of("d", new Measure("gen", "loss", false)), new ArrayList<>(), List.of(
                        row("plain", null, 1, 1, 9), row("one", 3.0, 1, 3, 1), row("other", 1.0, 1, 2, 6),
                        row("other", 2.0, 1, 4, 4), row("plain", null, 2, 1, 11), row("one", 3.0, 2, 3, 3),
                        row("other", 1.0, 2, 2, 6), row("other", 2.0, 2, 4, 4)));
        Comparison comparison = new Comparison(config, results, "d");
        Comparison.Equal equal = comparison.atEqualLearning().get(0);
        assertEquals(2.5, equal.value(), "between 2 and 3, which both curves span with both seeds");
        Comparison.League league = equal.leagues().get(0);
        assertEquals(List.of("one", "other", "plain"), new ArrayList<>(league.methods().keySet()), "the best first");
        assertEquals(new Spread(4, Math.sqrt(2), 2), league.methods().get("one").spread());
        assertEquals(new Spread(5.5, 0, 2), league.methods().get("other").spread());
        assertEquals(new Spread(10, Math.sqrt(2), 2), league.methods().get("plain").spread(), "it learns more and keeps this");
        assertEquals(new Spread(1.5, Math.sqrt(2), 2), league.fromTheBest("other"), "seed by seed 2.5 and 0.5");
        Map<String, Integer> counts = new LinkedHashMap<>();
        comparison.points().forEach((name, points) -> counts.put(name, points.size()));
        assertEquals(Map.of("plain", 1, "one", 1, "other", 2), counts);
        assertEquals(2.0, comparison.points().get("one").get(0).kept().mean());
    }

    /** All learn 1. Seed 2 is the harder one, so the mean of all seeds of "two" is worse than what "once" has with seed 1. */
    @Test
    void whatTheOthersAreComparedWithHasTheMostSeedsAndSeesTheSameRows() {
        StudyConfig config = study(List.of(1.0), method("once", null), method("lucky", null), method("worse", null),
                method("two", null), method("elsewhere", null), method("replay", null), method("replay more", null));
        for (boolean higherIsBetter : new boolean[] {false, true}) {
            double sign = higherIsBetter ? -1 : 1;
            StudyResults results = new StudyResults(1, "s", Map.of("d", new Measure("dom", "loss", false)),
                    Map.of("d", new Measure("gen", "score", higherIsBetter)), new ArrayList<>(), List.of(
                            row("once", null, 1, 1, sign * 5), row("lucky", null, 1, 1, sign * 3),
                            row("worse", null, 1, 1, sign * 7), row("worse", null, 2, 1, sign * 11),
                            row("two", null, 1, 1, sign * 4), row("two", null, 2, 1, sign * 8),
                            row("elsewhere", null, 3, 1, sign * 2), row("replay", null, 1, 1, sign * 2),
                            row("replay", null, 2, 1, sign * 1), row("replay more", null, 2, 1, sign * 3)));
            Comparison comparison = new Comparison(config, results, "d");
            List<Comparison.League> leagues = comparison.atEqualLearning().get(0).leagues();
            assertEquals(List.of("two", "replay"), leagues.stream().map(Comparison.League::best).toList());
            assertEquals(List.of("lucky", "two", "once", "worse", "elsewhere"),
                    new ArrayList<>(leagues.get(0).methods().keySet()), "seed by seed, those without one in common last");
            assertEquals(new Spread(sign * 3, 0, 2), leagues.get(0).fromTheBest("worse"));
            assertEquals(new Spread(sign, Double.NaN, 1), leagues.get(0).fromTheBest("once"));
            assertEquals(new Spread(sign * 2, Double.NaN, 1), leagues.get(1).fromTheBest("replay more"));
            assertEquals("replay °", comparison.label("replay"));
            assertEquals("two", comparison.label("two"));
        }
    }

    @Test
    void aDomainSaysWhereItsMethodsAreCompared() {
        StudyResults results = new StudyResults(1, "s", Map.of("d", new Measure("dom", "loss", false)),
                Map.of("d", new Measure("gen", "loss", false)), new ArrayList<>(), List.of(row("plain", null, 1, 1, 9)));
        Comparison comparison = new Comparison(study(List.of(4.5, 5.0), method("plain", null)), results, "d");
        assertEquals(List.of(4.5, 5.0), comparison.atEqualLearning().stream().map(Comparison.Equal::value).toList());
    }

    private static StudyConfig study(List<Double> atLearned, StudyConfig.Method... methods) {
        return new StudyConfig("s", "/o", List.of(new StudyConfig.Domain("d", "e", atLearned)), List.of(1, 2),
                List.of(methods), List.of(), null, null, false);
    }

    private static StudyConfig.Method method(String name, String from) {
        return new StudyConfig.Method(name, List.of(), List.of(), "retention.lambda", from, null, null, List.of());
    }
}
