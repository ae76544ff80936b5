package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On the folder of a run that really ran. */
class CompareCommandTest {
    @TempDir
    static Path folder;
    private static Path run;

    @BeforeAll
    static void runTinyExperiment() throws IOException {
        Path experiment = TinyExperiment.write(folder);
        StringBuilder questions = new StringBuilder();
        for (String who : List.of("the dog", "the cat", "a fish")) {
            for (String first : List.of("eats a tree", "sees a cat", "sees the dog")) {
                for (String second : List.of("eats a fish", "eats the cat")) {
                    questions.append(String.format("{\"goal\": \"%s\", \"sol1\": \"%s\", \"sol2\": \"%s\","
                            + " \"label\": %d}%n", who, first, second, questions.length() % 2));
                }
            }
        }
        Files.writeString(folder.resolve("quiz.jsonl"), questions.toString());
        Files.writeString(experiment, Files.readString(experiment)
                .replace("\"evaluation\": {\"general\": [", "\"evaluation\": {\"general\": [{\"task\": \"piqa\","
                        + " \"data\": \"quiz.jsonl\", \"name\": \"a quiz\"}, ")
                .replace("\"learningRate\": 1e-3", "\"learningRate\": 3e-2"));
        Typed typed = Typed.run("run", experiment.toString(), "--quiet");
        assertEquals(0, typed.code(), typed.err());
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            run = runs.findFirst().orElseThrow();
        }
    }

    private static JsonObject json(String... arguments) {
        Typed typed = Typed.run(arguments);
        assertEquals(0, typed.code(), typed.err());
        return JsonParser.parseString(typed.out()).getAsJsonObject();
    }

    private static JsonObject comparison(int index, JsonObject document) {
        return document.getAsJsonArray("comparisons").get(index).getAsJsonObject();
    }

    @Test
    void twoStagesOfARunChangeAsTheRunItselfSays() throws IOException {
        JsonArray scores = comparison(0, json("compare", run.resolve("evaluation/base").toString(), run.toString(),
                "--json")).getAsJsonArray("scores");
        JsonArray forgetting = JsonParser.parseString(Files.readString(run.resolve("result.json"))).getAsJsonObject()
                .getAsJsonArray("forgetting");
        assertEquals(List.of("a quiz acc", "a quiz acc_norm", "text perplexity"), forgetting.asList().stream()
                .map(CompareCommandTest::name).toList());
        assertTrue(forgetting.get(0).getAsJsonObject().get("newlyWrong").getAsInt()
                + forgetting.get(0).getAsJsonObject().get("newlyRight").getAsInt() > 0, "the run must change something");
        for (JsonElement expected : forgetting) {
            JsonObject found = scores.asList().stream().filter(each -> name(each).equals(name(expected))).findFirst()
                    .orElseThrow().getAsJsonObject();
            // Holm's correction is over what was looked at together: here the domain's scores too.
            expected.getAsJsonObject().entrySet().stream().filter(entry -> !entry.getKey().equals("adjustedP")
                    && !entry.getKey().equals("verdict")).forEach(entry -> assertEquals(
                    entry.getValue(), found.get(entry.getKey()), name(expected) + " " + entry.getKey()));
        }
        assertEquals(5, scores.size(), "the domain's scores too");
    }

    private static String name(JsonElement score) {
        return score.getAsJsonObject().get("task").getAsString() + " "
                + score.getAsJsonObject().get("metric").getAsString();
    }

    @Test
    void theDocumentsKeysStayAsTheyAre() {
        JsonObject document = json("compare", run.resolve("evaluation/base").toString(), run.toString(), "--json");
        JsonObject comparison = comparison(0, document);
        assertEquals(List.of("before", "after", "seed", "scores", "calibration", "subjects", "notes"),
                List.copyOf(comparison.keySet()));
        assertEquals(List.of("path", "stage", "model", "results"),
                List.copyOf(comparison.getAsJsonObject("before").keySet()));
        assertEquals(List.of("task", "metric", "before", "after", "change", "higherIsBetter", "ci95", "p", "adjustedP",
                "test", "newlyWrong", "newlyRight", "n", "smallestChange", "verdict"),
                List.copyOf(comparison.getAsJsonArray("scores").get(0).getAsJsonObject().keySet()));
        assertEquals(List.of("task", "measure", "before", "after", "change", "higherIsBetter", "ci95", "n"),
                List.copyOf(comparison.getAsJsonArray("calibration").get(0).getAsJsonObject().keySet()));
        assertTrue(List.of("better", "worse", "no change beyond noise").contains(comparison.getAsJsonArray("scores")
                .get(0).getAsJsonObject().get("verdict").getAsString()));
    }

    @Test
    void flipsAreTheOnesThatTheRunWrote() throws IOException {
        Path out = folder.resolve("out");
        JsonObject document = json("compare", run.resolve("evaluation/base").toString(), run.toString(), "--json", "--out",
                out.toString());
        assertEquals(Files.readString(run.resolve("evaluation/flips/a_quiz.jsonl")),
                Files.readString(out.resolve("flips/a_quiz.jsonl")));
        assertEquals(document, JsonParser.parseString(Files.readString(out.resolve("comparison.json"))));
        Typed again = Typed.run("compare", run.toString(), run.toString(), "--out", out.toString());
        assertEquals(2, again.code());
        assertTrue(again.err().contains("--out: expected a new or an empty folder"), again.err());
    }

    @Test
    void aColumnThatIsNamedSaysWhatItemsAreAbout() {
        String base = run.resolve("evaluation/base").toString();
        JsonArray subjects = comparison(0, json("compare", base, run.toString(), "--json", "--subject", "goal"))
                .getAsJsonArray("subjects");
        assertEquals(List.of("a fish 6", "the cat 6", "the dog 6"), subjects.asList().stream()
                .map(JsonElement::getAsJsonObject).filter(each -> each.get("task").getAsString().equals("a quiz"))
                .map(each -> each.get("subject").getAsString() + " " + each.get("n").getAsInt()).sorted().toList());
        Typed unknown = Typed.run("compare", base, run.toString(), "--subject", "goat");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("expected 'goat' to be a column"), unknown.err());
    }

    @Test
    void theLastStageIsTakenUnlessOneIsNamed() {
        assertEquals("domain", stage(json("compare", run.toString(), run.toString(), "--json")));
        assertEquals("anchored", stage(json("compare", run.toString(), run.toString(), "--json", "--stage", "anchored")));
    }

    private static String stage(JsonObject document) {
        return comparison(0, document).getAsJsonObject("before").get("stage").getAsString();
    }

    @Test
    void severalAreEachComparedWithTheFirst() {
        Path out = folder.resolve("several");
        String base = run.resolve("evaluation/base").toString();
        String anchored = run.resolve("evaluation/anchored").toString();
        JsonObject document = json("compare", base, anchored, run.toString(), "--json", "--out", out.toString());
        assertEquals(2, document.getAsJsonArray("comparisons").size());
        for (int i = 0; i < 2; i++) {
            assertEquals(base, comparison(i, document).getAsJsonObject("before").get("path").getAsString());
            assertTrue(Files.exists(out.resolve(i == 0 ? "B" : "C").resolve("flips/a_quiz.jsonl")));
        }
        assertEquals(anchored, comparison(0, document).getAsJsonObject("after").get("path").getAsString());
    }

    @Test
    void aPersonReadsATableWithTheVerdictTheCalibrationAndWhatItMeans() {
        Typed typed = Typed.run("compare", run.resolve("evaluation/base").toString(), run.toString());
        assertEquals(0, typed.code(), typed.err());
        for (String part : List.of("stage domain", "Holm's p", "could show", "newly wrong", "a quiz acc", "text perplexity",
                "a quiz ECE", "a quiz gold margin, nats", "10,000 draws")) {
            assertTrue(typed.out().contains(part), part + " in " + typed.out());
        }
        Typed same = Typed.run("compare", run.toString(), run.toString());
        assertTrue(same.out().contains("no change beyond noise") && same.out().contains("compared with itself"),
                same.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{run} {run} --stage domian          | found 'domian'. There is: anchored, base, domain",
        "{run}/evaluation/base {run}/evaluation/base --stage base | expected a run folder",
        "{run} {run}/model                   | a folder without any of these",
        "{run} {run}/nothing                 | found nothing at",
        "{run} {run}/result.json             | found a file at",
        "{run} {run}/evaluation              | anchored, base, domain",
        "{run}                               | takes A B...",
        "{run} {run} --seed many             | --seed: expected a whole number",
        "{run} {run} --out {run}             | --out: expected a new or an empty folder",
    })
    void whatIsWrongEndsWithTwoAndOneMessage(String arguments, String expected) {
        Typed typed = Typed.run(("compare " + arguments.replace("{run}", run.toString())).split(" "));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(expected), typed.err());
        assertEquals(1, typed.err().strip().lines().count(), typed.err());
    }

    @Test
    void aRunWithoutEvaluationsEndsWithTwo() throws IOException {
        Path bare = Files.createDirectories(folder.resolve("bare"));
        Files.writeString(bare.resolve("result.json"), "{}");
        Typed typed = Typed.run("compare", run.toString(), bare.toString());
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("expected evaluated stages in"), typed.err());
    }
}
