package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.eval.TaskGroup.GroupMetric;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupScoresTest {
    private static TaskResult result(String name, int right, int wrong) {
        List<Boolean> answers = new ArrayList<>(Collections.nCopies(right, true));
        answers.addAll(Collections.nCopies(wrong, false));
        return new KnownTask(name, Role.GENERAL).answered(answers);
    }

    /**
     * Expected: {@code lm_eval.api.metrics.aggregate_subtask_metrics} and {@code pooled_sample_stderr},
     * {@code unweighted_mean_stderr}.
     */
    @Test
    void aGroupCountsItsTasksByTheirItemsOrEachAsOne() {
        TaskGroup inner = new TaskGroup("inner", "inner", "1", List.of("b", "c"),
                List.of(new GroupMetric("acc", null, true)));
        TaskGroup outer = new TaskGroup("outer", "Outer", "1", List.of("a", "inner"),
                List.of(new GroupMetric("acc", List.of("none"), false)));
        List<Score> scores = new GroupScores(List.of(inner, outer),
                List.of(result("a", 3, 1), result("b", 5, 5), result("c", 2, 18))).scores("base");
        assertEquals(List.of("inner", "outer"), scores.stream().map(Score::task).toList());
        assertEquals((5 + 2) / 30.0, scores.get(0).value(), 1e-15);
        assertEquals(30, scores.get(0).n());
        assertEquals((0.75 + 0.5 + 0.1) / 3, scores.get(1).value(), 1e-15);
        // The pooled variance: of b's and c's answers about their own means, with n − 1 each.
        double squares = 10 * 0.25 + 20 * 0.09;
        assertEquals(Math.sqrt(squares / (30 - 2) / 30), scores.get(0).stderr(), 1e-12);
        // The mean of three means, of s²/n each, with s² = n p (1 − p) / (n − 1).
        double variances = 0.1875 / 3 + 0.25 / 9 + 0.09 / 19;
        assertEquals(Math.sqrt(variances) / 3, scores.get(1).stderr(), 1e-12);
    }

    @Test
    void aHeadingHasNoScore() {
        assertEquals(List.of(), new GroupScores(List.of(new TaskGroup("all", "all", "1", List.of("a"), List.of())),
                List.of(result("a", 1, 1))).scores("base"));
    }
}
