package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidateCommandTest {
    @TempDir
    Path folder;
    private String experiment;

    @BeforeEach
    void writeExperiment() throws IOException {
        experiment = SmallExperiment.write(folder).toString();
    }

    @Test
    void aSoundExperimentIsDescribedWithItsModelAndTheRowsThatItsConditionLeaves() {
        Typed typed = Typed.run("validate", experiment, "--no-estimate");
        assertEquals(0, typed.code(), typed.err());
        for (String part : new String[] {"small, seed", "llama, 6 parameters, float32", "80 steps of 8 rows",
            "learning rate 0.0001 linear", "(2 rows)", "domain: mine", "base, domain", "can run"}) {
            assertTrue(typed.out().contains(part), part + " in " + typed.out());
        }
    }

    @Test
    void memoryTimeAndDiskAreForeseenAndStandInTheResultOfTheRun() throws IOException {
        Path tiny = TinyExperiment.write(Files.createDirectory(folder.resolve("tiny")));
        Typed typed = Typed.run("validate", tiny.toString());
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().matches("(?s).*trained +(\\S+ k) of \\1 parameters.*memory on cpu +program +weights"
                + " +gradients +optimizer +importance +anchor +activations +at most.*general( +\\S+ .?B){8} +\\d+ steps of"
                + " \\d+ × \\d+ tokens\ndomain( +\\S+ .?B){8} .*\ntime +about \\d+:\\d\\d: opening \\S+, general \\S+,"
                + " domain \\S+, importance \\S+, evaluation \\S+\ndisk +at most \\S+ .B during the run, \\S+ .B left at"
                + " the end \\(model and anchors\\), \\S+ .?B in caches\n.*"), typed.out());
        JsonObject result = JsonParser.parseString(Typed.run("run", tiny.toString(), "--json").out()).getAsJsonObject();
        JsonObject foreseen = result.getAsJsonObject("forecast");
        assertEquals(2, foreseen.getAsJsonArray("phases").size(), result.toString());
        double left = foreseen.getAsJsonObject("disk").get("leftBytes").getAsDouble();
        assertEquals(result.get("diskBytes").getAsDouble(), left, 0.3 * left, result.toString());
    }

    @Test
    void jsonIsTheResolvedExperimentWithOverridesAndTheEstimate() throws IOException {
        Path tiny = TinyExperiment.write(Files.createDirectory(folder.resolve("tiny")));
        Typed typed = Typed.run("validate", tiny.toString(), "--json", "--set", "domain.steps=7", "--set", "seed=3");
        JsonObject document = JsonParser.parseString(typed.out()).getAsJsonObject();
        JsonObject resolved = document.getAsJsonObject("experiment");
        assertEquals(7, resolved.getAsJsonObject("domain").get("steps").getAsInt());
        assertEquals(3, resolved.get("seed").getAsInt());
        JsonObject domain = document.getAsJsonObject("estimate").getAsJsonArray("phases").get(1).getAsJsonObject();
        assertEquals(7, domain.get("steps").getAsInt());
        assertTrue(domain.get("seconds").getAsDouble() > 0, typed.out());
        assertTrue(document.getAsJsonObject("estimate").getAsJsonObject("disk").get("seconds").getAsDouble() > 0, typed.out());
    }

    @Test
    void whatIsYetToBeFetchedOrIsUnknownIsNotEstimated() {
        Typed typed = Typed.run("validate", experiment, "--no-estimate", "--json");
        JsonObject document = JsonParser.parseString(typed.out()).getAsJsonObject();
        assertTrue(document.get("estimate").isJsonNull(), typed.out());
        assertEquals("nobody asked for it", document.get("noEstimate").getAsString());
        Typed osf = Typed.run("validate", experiment, "--set", "adapter={\"kind\": \"osf\"}");
        assertEquals(0, osf.code(), osf.err());
        assertTrue(osf.out().contains("no estimate: the size of an adapter of the kind osf depends on the weights"), osf.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "domain.data.0.where=n > 9           |No row is left",
        "domain.data.0.text={question}       |line 2: there is no field 'question'",
        "domain.data.0.text={text            |template",
        "domain.data.0.path=nowhere.jsonl    |domain.data[0].path",
        "model.path=nowhere                  |model.path",
        "evaluation.general=[\"sciqq\"]      |sciq",
        "evaluation.general=[{\"task\": \"sciq\", \"data\": \"nowhere.jsonl\"}] |nowhere.jsonl",
        "domain.learningRate=-1              |domain.learningRate",
        "retention.lambda=-1                 |retention.lambda",
        "retention.xi=0                      |retention.xi",
        "retention.method=hierarchicall      |Did you mean 'hierarchical'",
        "retention.method=ewc                |needs an anchor",
        "retention.method=nowhere:Method     |No module named 'nowhere'",
        "retention.options.freeUnsen=true    |unknown key",
    })
    void whatCannotRunEndsWithTwo(String override, String expected) {
        Typed typed = Typed.run("validate", experiment, "--set", override);
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(expected), typed.err());
    }

    @Test
    void aQuestionThatCannotBeMadeEndsWithTwoAndNamesTaskRowAndColumn() {
        Typed typed = Typed.run("validate", experiment, "--set", "evaluation.domain=[{\"name\": \"mine\","
                + " \"multipleChoice\": {\"path\": \"" + folder.resolve("a.jsonl") + "\", \"prompt\": \"{goul}\","
                + " \"choices\": [\"a\", \"b\"], \"answer\": \"0\"}}]");
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains("mine, row 0") && typed.err().contains("'goul'"), typed.err());
    }

    @Test
    void aDataFileOfAnUnknownKindEndsWithTwo() throws IOException {
        Path text = Files.writeString(folder.resolve("a.txt"), "one");
        Typed typed = Typed.run("validate", experiment, "--set=domain.data.0.path=" + text);
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(".parquet"), typed.err());
    }
}
