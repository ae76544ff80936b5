package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every measure of a matrix that is small enough to be reckoned by hand. */
class TrainTestMatrixTest {
    private static final List<String> DOMAINS = List.of("a", "b", "c");
    private static final Map<String, String> DOMAIN_OF = Map.of("task-a", "a", "task-b", "b", "task-c", "c");
    private static final double[][] ACCURACIES = {
        {0.10, 0.20, 0.30},
        {0.80, 0.25, 0.30},
        {0.90, 0.70, 0.50},
        {0.60, 0.65, 0.95}};

    private static List<Score> scores(double[][] rows, String metric, boolean higherIsBetter) {
        List<Score> scores = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < DOMAINS.size(); j++) {
                scores.add(new Score(i == 0 ? "anchored" : DOMAINS.get(i - 1), "task-" + DOMAINS.get(j), Role.DOMAIN,
                        metric, rows[i][j], null, 100, higherIsBetter));
            }
        }
        return scores;
    }

    private static double value(TrainTestMatrix matrix, String name) {
        return matrix.measures().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow().value();
    }

    @Test
    void everyMeasureIsWhatItsFormulaSays() {
        TrainTestMatrix matrix = TrainTestMatrix.of(scores(ACCURACIES, "acc", true), DOMAIN_OF, DOMAINS, "anchored")
                .get(0);
        assertEquals(List.of(0.10, 0.20, 0.30), matrix.before());
        assertEquals(List.of(0.60, 0.65, 0.95), matrix.rows().get(2));
        assertEquals((0.60 + 0.65 + 0.95) / 3, value(matrix, "average accuracy"), 1e-12);
        assertEquals(((0.60 - 0.80) + (0.65 - 0.70)) / 2, value(matrix, "backward transfer"), 1e-12);
        assertEquals(((0.25 - 0.20) + (0.50 - 0.30)) / 2, value(matrix, "forward transfer"), 1e-12);
        assertEquals(((0.90 - 0.60) + (0.70 - 0.65)) / 2, value(matrix, "forgetting, best − last"), 1e-12);
        assertEquals(((0.80 - 0.60) + (0.70 - 0.65)) / 2, value(matrix, "forgetting, first − last"), 1e-12);
        assertEquals("1/(T−1) Σ_{j<T} (max_{i<T} R[i][j] − R[T][j])", matrix.measures().get(3).formula());
    }

    @Test
    void ofAPerplexityLogarithmsAreComparedAndForgettingIsPositiveWhereTheLossRose() {
        double[][] perplexities = new double[ACCURACIES.length][3];
        for (int i = 0; i < ACCURACIES.length; i++) {
            for (int j = 0; j < 3; j++) {
                perplexities[i][j] = Math.exp(1 - ACCURACIES[i][j]);
            }
        }
        TrainTestMatrix accuracy = TrainTestMatrix.of(scores(ACCURACIES, "acc", true), DOMAIN_OF, DOMAINS, "anchored")
                .get(0);
        TrainTestMatrix loss = TrainTestMatrix.of(scores(perplexities, "perplexity", false), DOMAIN_OF, DOMAINS,
                "anchored").get(0);
        assertEquals("loss", loss.metric());
        assertEquals(1 - 0.9, loss.rows().get(1).get(0), 1e-12);
        assertEquals(1 - value(accuracy, "average accuracy"), value(loss, "average loss"), 1e-12);
        for (TrainTestMatrix.Measure measure : accuracy.measures().subList(1, 5)) {
            assertEquals(measure.value(), value(loss, measure.name()), 1e-12, measure.name());
        }
        assertEquals("1/(T−1) Σ_{j<T} (R[T][j] − min_{i<T} R[i][j])", loss.measures().get(3).formula());
        assertEquals("1/(T−1) Σ_{j<T} (R[j][j] − R[T][j])", loss.measures().get(1).formula());
    }

    @Test
    void aDomainWithSeveralTasksCountsWithTheirMeanAndOnlyMetricsThatAllHaveMakeAMatrix() {
        List<Score> scores = new ArrayList<>(scores(ACCURACIES, "acc", true));
        scores.add(new Score("a", "second-a", Role.DOMAIN, "acc", 0.4, null, 10, true));
        scores.add(new Score("a", "second-a", Role.DOMAIN, "acc_norm", 0.4, null, 10, true));
        scores.add(new Score("a", "tales", Role.GENERAL, "acc", 0, null, 10, true));
        List<TrainTestMatrix> matrices = TrainTestMatrix.of(scores, Map.of("task-a", "a", "second-a", "a", "task-b", "b",
                "task-c", "c"), DOMAINS, "anchored");
        assertEquals(1, matrices.size());
        assertEquals(0.6, matrices.get(0).rows().get(0).get(0), 1e-12);
    }

    @Test
    void whatIsMissingMakesNoMeasure() {
        List<Score> twoOfThree = scores(ACCURACIES, "acc", true).subList(0, 9);
        TrainTestMatrix matrix = TrainTestMatrix.of(twoOfThree, DOMAIN_OF, DOMAINS, "anchored").get(0);
        assertEquals(2, matrix.rows().size());
        assertTrue(matrix.measures().isEmpty());
        List<TrainTestMatrix> withoutBefore = TrainTestMatrix.of(scores(ACCURACIES, "acc", true), DOMAIN_OF, DOMAINS,
                null);
        assertEquals(4, withoutBefore.get(0).measures().size(), "no forward transfer");
        assertEquals(List.of(), TrainTestMatrix.of(twoOfThree, DOMAIN_OF, List.of("a"), "anchored"));
        assertEquals(List.of(), TrainTestMatrix.of(List.of(), DOMAIN_OF, DOMAINS, "anchored"));
    }
}
