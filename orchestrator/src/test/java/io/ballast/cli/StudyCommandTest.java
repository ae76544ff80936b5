package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class StudyCommandTest {
    @TempDir
    Path folder;
    private String study;

    @BeforeEach
    void writeStudy() throws IOException {
        TinyExperiment.write(folder);
        study = Files.writeString(folder.resolve("study.json"), """
                { "name": "small", "output": "out", "learned": "piqa:acc",
                  "domains": [{"name": "dogs", "experiment": "tiny.json"}],
                  "methods": [{"name": "plain", "set": ["retention.method=none"]},
                              {"name": "hierarchical", "strengths": [1, 100], "from": "plain"}] }
                """).toString();
    }

    @Test
    void whatIsPlannedIsRunAndReportedAndThenKnown() throws IOException {
        Typed plan = Typed.run("study", study, "--plan");
        assertEquals(0, plan.code(), plan.err());
        assertTrue(plan.out().contains("missing  hierarchical 100, dogs, seed 7"), plan.out());
        assertTrue(plan.out().contains("0 of 3 runs are made."), plan.out());
        Typed early = Typed.run("study", study, "--report");
        assertEquals(2, early.code());
        assertTrue(early.err().contains("Run it first"), early.err());

        Typed made = Typed.run("study", study, "--json");
        assertEquals(0, made.code(), made.err());
        JsonObject results = JsonParser.parseString(made.out()).getAsJsonObject();
        assertEquals(3, results.getAsJsonArray("rows").size());
        assertEquals("acc", results.getAsJsonObject("learned").getAsJsonObject("dogs").get("metric").getAsString());
        assertTrue(Typed.run("study", study, "--plan").out().contains("3 of 3 runs are made."));
        Typed again = Typed.run("study", study, "--report");
        assertEquals(0, again.code(), again.err());
        assertTrue(again.out().contains("results.md"), again.out());
        assertTrue(Files.exists(folder.resolve("out/results-dogs.svg")));
    }

    @Test
    void aScoreThatIsNotANumberIsReported() throws IOException {
        Path results = Files.createDirectories(folder.resolve("out")).resolve("results.json");
        Files.writeString(results, """
                { "schema": 1, "name": "small", "baselines": [],
                  "learned": {"dogs": {"task": "piqa", "metric": "acc", "higherIsBetter": true}},
                  "kept": {"dogs": {"task": "text", "metric": "loss in nats per token", "higherIsBetter": false}},
                  "rows": [{"method": "plain", "domain": "dogs", "seed": 7, "status": "completed", "learned": 0.5,
                            "kept": NaN, "replay": 0, "seconds": 1, "importanceSeconds": 0, "importanceBytes": 0,
                            "key": "abc"}] }
                """);
        Typed typed = Typed.run("study", study, "--report", "--json");
        assertEquals(0, typed.code(), typed.err());
        JsonObject row = JsonParser.parseString(typed.out()).getAsJsonObject().getAsJsonArray("rows").get(0)
                .getAsJsonObject();
        assertEquals(Double.NaN, row.get("kept").getAsDouble());
    }

    @Test
    void methodsThatSeeGeneralRowsAreALeagueOfTheirOwn() throws IOException {
        Files.writeString(Path.of(study), Files.readString(Path.of(study)).replace("\"hierarchical\"", "\"rows\""));
        Files.writeString(Files.createDirectories(folder.resolve("out")).resolve("results.json"), """
                { "schema": 1, "name": "small", "baselines": [],
                  "learned": {"dogs": {"task": "piqa", "metric": "acc", "higherIsBetter": true}},
                  "kept": {"dogs": {"task": "text", "metric": "acc", "higherIsBetter": true}},
                  "rows": [%s, %s, %s] }
                """.formatted(row("plain", 0.5, 0), row("plain", 0.7, 0), row("rows", 0.9, 0.1)));
        Typed typed = Typed.run("study", study, "--report");
        assertEquals(0, typed.code(), typed.err());
        String table = typed.out().replaceAll(" +", " ");
        assertTrue(table.contains("\nplain 0.700 — 1\nrows ° 0.900 — 1\n"), typed.out());
        assertTrue(table.contains("\n° sees general rows during the domain phase"), typed.out());
        assertTrue(Files.readString(folder.resolve("out/results.md")).contains("| plain | 0.700 | 1 |  |\n| rows ° | 0.900 | 1 |  |"));
    }

    private static String row(String method, double score, double replay) {
        return """
                {"method": "%s", "domain": "dogs", "seed": 7, "status": "completed", "learned": %s, "kept": %s, "replay": %s,
                 "seconds": 1, "importanceSeconds": 0, "importanceBytes": 0, "key": "abc"}"""
                .formatted(method, score, score, replay);
    }

    @Test
    void aStudyThatCannotRunEndsWithTwo() throws IOException {
        Files.writeString(Path.of(study), Files.readString(Path.of(study)).replace("tiny.json", "nowhere.json"));
        Typed typed = Typed.run("study", study, "--plan");
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("nowhere.json"), typed.err());
    }
}
