package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Anchors of real runs on a tiny model, merged and compared. */
@Tag("one-jdk")
class MergeAnchorsCommandTest {
    @TempDir
    static Path folder;
    private static String experiment;
    private static String first;
    private static String second;

    @BeforeAll
    static void measureTwo() throws IOException {
        experiment = TinyExperiment.write(folder).toString();
        first = anchorOfARun("first", "float32");
        second = anchorOfARun("second", "int8");
    }

    private static String anchorOfARun(String name, String storage) throws IOException {
        Typed typed = Typed.run("run", experiment, "--json", "--set", "name=" + name, "--set", "seed=" + name.length(),
                "--set", "importance.storage=" + storage, "--set", "evaluation.stages=[]");
        assertEquals(0, typed.code(), typed.err());
        JsonObject importance = JsonParser.parseString(typed.out()).getAsJsonObject().getAsJsonObject("importance");
        assertEquals(storage, importance.get("storage").getAsString());
        assertEquals(storage.equals("float32"), importance.get("storageError").getAsDouble() == 0);
        try (var runs = Files.list(folder.resolve("runs"))) {
            return runs.filter(run -> run.getFileName().toString().startsWith(name)).findFirst().orElseThrow()
                    .resolve("anchor").toString();
        }
    }

    @Test
    void twoAnchorsAreComparedByFactsAndByLayer() {
        Typed typed = Typed.run("inspect", first, second);
        assertEquals(0, typed.code(), typed.err());
        for (String part : new String[] {"base model", "rank correlation", "block.1", "float32", "int8", "top 1 %"}) {
            assertTrue(typed.out().contains(part), part + " in " + typed.out());
        }
        JsonObject compared = JsonParser.parseString(Typed.run("inspect", first, second, "--json").out())
                .getAsJsonObject().getAsJsonObject("comparison");
        double correlation = compared.get("rankCorrelation").getAsDouble();
        assertTrue(correlation > 0.5 && correlation < 1, compared.toString());
        assertEquals(3, compared.getAsJsonArray("layers").size());
    }

    @ParameterizedTest
    @CsvSource({"sum, float32", "mean, bfloat16", "maximum, sparse", "decay, factored"})
    void mergedAnchorIsInspectedAndHoldsARun(String rule, String storage) {
        String out = folder.resolve("merged-" + rule).toString();
        Typed typed = rule.equals("decay")
                ? Typed.run("merge-anchors", first, second, "--out", out, "--rule", rule, "--decay", "0.9",
                        "--storage", storage)
                : Typed.run("merge-anchors", first, second, "--out", out, "--rule", rule, "--storage", storage);
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().contains("as " + storage), typed.out());
        assertEquals(typed.out(), Typed.run("inspect", out).out());
        Typed run = Typed.run("run", continued(), "--json", "--set", "retention.anchor=" + out,
                "--set", "evaluation.stages=[]");
        assertEquals(0, run.code(), run.err());
        assertEquals(storage, JsonParser.parseString(run.out()).getAsJsonObject().getAsJsonObject("importance")
                .get("storage").getAsString());
    }

    /** The experiment without its general phase. */
    private static String continued() {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(Path.of(experiment))).getAsJsonObject();
            json.remove("general");
            return Files.writeString(folder.resolve("continued.json"), json.toString()).toString();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--rule decay|a factor with the rule", "--decay 0.5|found 0.5 with \"sum\"", "--rule median|found \"median\"",
        "--decay often|--decay: expected a number", "--storage int4|one of float32, bfloat16, int8, sparse, factored",
        "--share 2|at most 1"})
    void whatDoesNotFitEndsWithTwo(String options, String said) {
        String out = folder.resolve("never").toString();
        String[] typed = ("merge-anchors\t" + first + "\t" + second + "\t--out\t" + out + "\t"
                + options.replace(' ', '\t')).split("\t");
        Typed refused = Typed.run(typed);
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains(said), refused.err());
        assertFalse(Files.exists(Path.of(out)));
    }

    @Test
    void withoutAFolderOfItsOwnNothingIsOverwritten() {
        assertEquals(2, Typed.run("merge-anchors", first, second).code());
        Typed refused = Typed.run("merge-anchors", first, second, "--out", first);
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("one of the anchors"), refused.err());
    }

    @Test
    void aHalfWrittenAnchorEndsWithTwo() throws IOException {
        Path broken = Files.createDirectories(folder.resolve("broken"));
        Files.copy(Path.of(first, "anchor.json"), broken.resolve("anchor.json"));
        for (String[] command : new String[][] {{"inspect", first, broken.toString()},
            {"merge-anchors", first, broken.toString(), "--out", folder.resolve("never").toString()}}) {
            Typed typed = Typed.run(command);
            assertEquals(2, typed.code(), typed.err());
            assertTrue(typed.err().contains("half-written"), typed.err());
        }
    }
}
