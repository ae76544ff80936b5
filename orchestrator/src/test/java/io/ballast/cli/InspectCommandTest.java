package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
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

class InspectCommandTest {
    @TempDir
    Path folder;

    private void assertSays(String key, String... expected) {
        Typed typed = Typed.run("inspect", folder.toString());
        assertEquals(0, typed.code(), typed.err());
        for (String part : expected) {
            assertTrue(typed.out().contains(part), part + " in " + typed.out());
        }
        Typed json = Typed.run("inspect", folder.toString(), "--json");
        assertTrue(JsonParser.parseString(json.out()).getAsJsonObject().has(key), json.out());
    }

    @Test
    void aRunIsItsScoresByStageItsForgettingAndItsCost() throws IOException {
        Result result = new Result(1, "first", "completed", null, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z",
                Map.of(), List.of(score("base", 0.9), score("domain", 0.6)),
                List.of(), List.of(new ScoreChange("facts", "acc", 0.9, 0.6, -0.3, true, List.of(-0.35, -0.25), 0.001, 0.001,
                        "McNemar exact", 30, 0, 100, 0.14, ChangeVerdict.WORSE)), List.of(), List.of(), List.of(),
                List.of(),
                List.of(new Result.Phase("domain", 80, 71_680, 10, 7168, 2_000_000_000L, 3, 2, 0.01, null)), null, null, null, Map.of());
        Files.writeString(folder.resolve(Result.FILE), result.toJson());
        assertSays("run", "first: completed", "0.900", "0.600", "-0.300", "[-0.350, -0.250]", "worse", "7.2 k",
                "2.0 GB", "report.html");
    }

    private static Score score(String stage, double value) {
        return new Score(stage, "facts", Role.GENERAL, "acc", value, 0.01, 100, true);
    }

    @Test
    void anAnchorIsItsLayersWithNormAndAlphaAndTheEntropyByHand() throws IOException {
        Files.writeString(folder.resolve("anchor.json"), """
                {"schema": 3, "provenance": {"baseModel": "abc"}, "modelBytes": 2000,
                 "storage": {"kind": "int8", "error": 0.0123, "bytes": 500},
                 "measured": {"method": "path_integral", "sum_omega": 0.5, "clamped_share": 0.25, "xi": 1e-7},
                 "distribution": {"mean": 2.0, "zeroShare": 0.125, "topPercentShare": 0.3,
                   "layers": [{"name": "embedding", "mean": 1.0, "zeroShare": 0.5, "topPercentShare": 0.25},
                              {"name": "block.0", "mean": 4.0, "zeroShare": 0.0, "topPercentShare": 0.75}],
                   "modules": [{"name": "b.norm", "elements": 2, "mean": 7.0, "zeroShare": 0, "topPercentShare": 0.5}]},
                 "layerWeights": {"kind": "scaled", "normalize": "mean", "scale": 1, "layers": [
                   {"name": "embedding", "parameters": ["e"], "elements": 4, "norm": 3.0, "alpha": 1.0},
                   {"name": "block.0", "parameters": ["b"], "elements": 2, "norm": 1.0, "alpha": 1.0}]}}
                """);
        SmallExperiment.writeTensor(folder.resolve("anchor.safetensors"));
        assertSays("anchor", "embedding", "1.5", "scaled, entropy 0.693 of at most 0.693", "clamped share 0.250",
                "1 tensors", "abc", "12.5 % of Ω are 0; the largest 1 % hold 30.0 % of ΣΩ", "3.5",
                "500 B as int8, error 1.2 %, 25.0 % of the model's 2.0 kB");
    }

    @Test
    void anAnchorOfAnEarlierVersionEndsWithTwoAndSaysSo() throws IOException {
        Files.writeString(folder.resolve("anchor.json"), "{\"schema\": 1, \"layerWeights\": {\"kind\": \"scaled\","
                + " \"layers\": []}, \"measured\": {\"method\": \"fisher\", \"samples\": 3}}");
        Typed typed = Typed.run("inspect", folder.toString());
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("'distribution'") && typed.err().contains("measure a new"), typed.err());
    }

    @Test
    void twoFoldersOfWhichOneIsNoAnchorEndWithTwo() throws IOException {
        Files.writeString(folder.resolve("anchor.json"), "{}");
        Typed typed = Typed.run("inspect", folder.toString(), folder.resolve("run").toString());
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("two anchor folders") && typed.err().contains("run."), typed.err());
    }

    @Test
    void aHalfWrittenAnchorEndsWithTwo() throws IOException {
        Files.writeString(folder.resolve("anchor.json"), "{\"schema\": 1");
        Typed typed = Typed.run("inspect", folder.toString());
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("anchor.json"), typed.err());
    }

    @Test
    void aModelIsItsKindAndSize() throws IOException {
        SmallExperiment.write(folder);
        Typed typed = Typed.run("inspect", folder.resolve("model").toString());
        assertTrue(typed.out().contains("llama, 6 parameters"), typed.out());
    }

    @Test
    void anExperimentIsDescribedWithoutItsFiles() throws IOException {
        Path experiment = SmallExperiment.write(folder);
        Files.delete(folder.resolve("a.jsonl"));
        Typed typed = Typed.run("inspect", experiment.toString());
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().contains("80 steps of 8 rows"), typed.out());
    }

    @Test
    void aFolderWithNoneOfTheseEndsWithTwo() {
        Typed typed = Typed.run("inspect", folder.toString());
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("none of these"), typed.err());
    }
}
