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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** With what was measured, as Python writes it. */
    private void writeAnchor(String measured) throws IOException {
        SmallExperiment.writeTensor(folder.resolve("anchor.safetensors"));
        Files.writeString(folder.resolve("anchor.json"), """
                {"schema": 4, "space": "parameters", "provenance": {"baseModel": "abc"}, "modelBytes": 2000,
                 "storage": {"kind": "int8", "error": 0.0123, "bytes": 500}, "shapes": {}, "referenceHashes": {},
                 "tensorBytes": %d, "measured": %s,
                 "distribution": {"mean": 2.0, "zeroShare": 0.125, "topPercentShare": 0.3,
                   "layers": [{"name": "embedding", "mean": 1.0, "zeroShare": 0.5, "topPercentShare": 0.25},
                              {"name": "block.0", "mean": 4.0, "zeroShare": 0.0, "topPercentShare": 0.75}],
                   "modules": [{"name": "b.norm", "elements": 2, "mean": 7.0, "zeroShare": 0, "topPercentShare": 0.5}]},
                 "layerWeights": {"kind": "scaled", "normalize": "mean", "scale": 1, "layers": [
                   {"name": "embedding", "parameters": ["e"], "elements": 4, "norm": 3.0, "alpha": 1.0},
                   {"name": "block.0", "parameters": ["b"], "elements": 2, "norm": 1.0, "alpha": 1.0}]}}
                """.formatted(Files.size(folder.resolve("anchor.safetensors")), measured));
    }

    @Test
    void anAnchorIsItsLayersWithNormAndAlphaAndTheEntropyByHand() throws IOException {
        writeAnchor("{\"method\": \"path_integral\", \"sum_omega\": 0.5, \"clamped_share\": 0.25, \"xi\": 1e-7}");
        assertSays("anchor", "embedding", "1.5", "scaled, entropy 0.693 of at most 0.693",
                "path integral, Σω 0.5000, clamped share 0.250, ξ 1.00e-07\n",
                "1 tensors", "abc", "12.5 % of Ω are 0; the largest 1 % hold 30.0 % of ΣΩ", "3.5",
                "500 B as int8, error 1.2 %, 25.0 % of the model's 2.0 kB");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "riemannian_walk | 0.5  | null | importance  riemannian walk, Σω 0.5000",
        "riemannian_walk | null | null | importance  riemannian walk",
        "fisher          | null | 1024 | importance  fisher of 1,024 documents"})
    void anAnchorIsWhatItsKindOfImportanceSaysOfItself(String method, String sum, String samples, String said)
            throws IOException {
        writeAnchor("{\"method\": \"%s\", \"sum_omega\": %s, \"clamped_share\": null, \"xi\": null, \"samples\": %s}"
                .formatted(method, sum, samples));
        assertSays("anchor", said + System.lineSeparator());
    }

    private void assertRefused(String... expected) {
        for (String form : List.of("--quiet", "--json")) {
            Typed typed = Typed.run("inspect", folder.toString(), form);
            assertEquals(2, typed.code(), typed.err());
            String message = form.equals("--json")
                    ? JsonParser.parseString(typed.out()).getAsJsonObject().get("error").getAsString() : typed.err();
            for (String part : expected) {
                assertTrue(message.contains(part), part + " in " + message);
            }
        }
    }

    @Test
    void anAnchorWhoseTensorsWereCutShortIsRefusedInBothForms() throws IOException {
        writeAnchor("{\"method\": \"fisher\", \"samples\": 3}");
        Path tensors = folder.resolve("anchor.safetensors");
        byte[] whole = Files.readAllBytes(tensors);
        Files.write(tensors, Arrays.copyOf(whole, whole.length - 1));
        assertRefused("half-written or damaged", "anchor.safetensors should have " + whole.length + " bytes and has "
                + (whole.length - 1), "Measure it again");
        Files.delete(tensors);
        assertRefused("bytes and has 0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"schema\": 4  | \"schema\": 99      | found schema 99. Measure a new anchor",
        "\"schema\": 4  | \"schema\": 1       | found schema 1. Measure a new anchor",
        "\"schema\": 4, | ''                | found schema nothing",
        "\"kind\": \"scaled\", | ''           | no 'kind' in AnchorDescription.layerWeights",
        "\"name\": \"block.0\", \"mean\" | \"name\": \"b\", \"mean\" | [embedding, b] in 'distribution'",
        "\"schema\": 4, | \"schema\": 4       | anchor.json; found"})
    void anAnchorOfAnotherSchemaOrThatLacksSomethingIsRefusedInBothForms(String part, String other, String said)
            throws IOException {
        writeAnchor("{\"method\": \"fisher\", \"samples\": 3}");
        Path metadata = folder.resolve("anchor.json");
        Files.writeString(metadata, Files.readString(metadata).replace(part, other));
        assertRefused("Expected an anchor of schema 4 in " + metadata, said);
        Files.writeString(metadata, "{\"schema\": 4, \"layerWeights\": {}}");
        assertRefused("found no 'space' in AnchorDescription");
    }

    @Test
    void twoFoldersOfWhichOneIsNoAnchorEndWithTwo() throws IOException {
        Files.writeString(folder.resolve("anchor.json"), "{}");
        Typed typed = Typed.run("inspect", folder.toString(), folder.resolve("run").toString());
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("two anchor folders") && typed.err().contains("run."), typed.err());
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
