package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.Result;
import io.ballast.compare.ChangeVerdict;
import io.ballast.compare.ScoreChange;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
    @TempDir
    private Path folder;

    @Test
    void whatARunWritesIsWhatAReportReads() throws IOException {
        Result result = new Result(1, "run", "failed", "why", "2026-03-02T10:15:02Z", "2026-03-02T10:16:02Z",
                Map.of("python", "3.11"), List.of(
                        new Score("base", "d", Role.DOMAIN, "perplexity", 20, 0.5, 100, false),
                        new Score("domain", "d", Role.DOMAIN, "perplexity", Double.NaN, null, 100, false),
                        new Score("domain", "g", Role.GENERAL, "acc", 0.4, 0.01, 100, true)),
                List.of(), List.of(new ScoreChange("g", "acc", 0.6, 0.4, -0.2, true, List.of(-0.25, -0.15), 0.001, 0.002,
                        "McNemar exact", 30, 10, 100, 0.09, ChangeVerdict.WORSE)), List.of(), List.of(), List.of(),
                List.of(),
                List.of(new Result.Phase("domain", 10, 1000, 2, 500, 1 << 20, 3, Double.NaN, 0.1, null)), null, null, null, Map.of());
        Files.writeString(folder.resolve(Result.FILE), result.toJson());
        Evidence evidence = Evidence.of(RunFiles.read(folder));
        assertEquals(List.of(new Change("g", "acc", true, 0.6, 0.4, -0.25, -0.15, 0.001, 0.002, "McNemar exact", 30, 10,
                        0.09, Verdict.WORSE)),
                evidence.changes().kept());
        assertEquals(List.of("d perplexity is no longer a finite number"),
                evidence.changes().learned().stream().map(Change::inWords).toList());
        assertEquals("failed", evidence.status());
        assertEquals("why", evidence.message());
        assertEquals("domain", evidence.lastGeneralStage());
    }
}
