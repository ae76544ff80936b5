package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.Result;
import io.ballast.compare.ChangeVerdict;
import io.ballast.compare.ScoreChange;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoTableTest {
    private static Score score(String stage, Role role, String metric, double value) {
        return new Score(stage, role.key() + "-questions", role, metric, value, 0.01, 500, true);
    }

    private static WatchedRun run(double general, double domain) {
        return new WatchedRun(new Result(1, "x", "completed", null, "", "", Map.of(), List.of(
                score("base", Role.GENERAL, "perplexity", 9), score("base", Role.GENERAL, "acc", 0.98),
                score("base", Role.DOMAIN, "acc", 0.25), score("anchored", Role.GENERAL, "acc", 0.97),
                score("domain", Role.GENERAL, "acc", general), score("domain", Role.DOMAIN, "acc", domain)),
                List.of(), List.of(new ScoreChange("general-questions", "acc", 0.98, general, general - 0.98, true,
                        List.of(general - 1, general - 0.96), 0.01, 0.01, "McNemar exact", 1, 1, 500, 0.02,
                        ChangeVerdict.WORSE)), List.of(), List.of(), List.of(),
                List.of(), List.of(), null, null, null, Map.of()), Path.of("runs"));
    }

    @Test
    void everyWayIsSetBesideTheBaseAtItsLastStage() {
        Map<String, WatchedRun> runs = new LinkedHashMap<>();
        runs.put("plain", run(0.6, 1));
        runs.put("hierarchical", run(0.95, 0.99));
        assertEquals("""
                               general accuracy   domain accuracy    forgetting (95 % interval)
                base                     98.0 %            25.0 %                             —
                plain                    60.0 %           100.0 %   -38.0 points [-40.0, -36.0]   worse
                hierarchical             95.0 %            99.0 %      -3.0 points [-5.0, -1.0]   worse
                """, DemoTable.of(runs).toString());
    }
}
