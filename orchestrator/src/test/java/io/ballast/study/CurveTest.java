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
        return new StudyRow(method, "d", strength, seed, "completed", null, learned, kept, 0, 1, 0, 0, "key");
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
        assertEquals(List.of("one", "other", "plain"), new ArrayList<>(equal.methods().keySet()), "the best first");
        assertEquals(new Spread(4, Math.sqrt(2), 2), equal.methods().get("one").spread());
        assertEquals(new Spread(5.5, 0, 2), equal.methods().get("other").spread());
        assertEquals(new Spread(10, Math.sqrt(2), 2), equal.methods().get("plain").spread(), "it learns more and keeps this");
        assertEquals(new Spread(1.5, Math.sqrt(2), 2), equal.difference("other", "one"), "seed by seed 2.5 and 0.5");
        Map<String, Integer> counts = new LinkedHashMap<>();
        comparison.points().forEach((name, points) -> counts.put(name, points.size()));
        assertEquals(Map.of("plain", 1, "one", 1, "other", 2), counts);
        assertEquals(2.0, comparison.points().get("one").get(0).kept().mean());
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
