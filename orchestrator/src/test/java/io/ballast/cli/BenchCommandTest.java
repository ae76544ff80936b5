package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("one-jdk")
class BenchCommandTest {
    private static final Path SHARED = Path.of(System.getProperty("ballast.home", System.getenv("BALLAST_HOME")))
            .toAbsolutePath().resolveSibling("shared");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "evals|'bench: expected the name of a benchmark, found 'evals'. '",
            "eval --set tasks=sqic|'--set tasks: expected tasks that are measured, found 'sqic'. '",
            "eval --set itmes=3|'found 'itmes'. Did you mean 'items'?'",
            "eval --set items=0|'--set items: expected a whole number of 1 or more, found '0''",
            "eval --set items|'--set: expected KEY=VALUE such as items=8, found 'items''",
            "eval --pairs 0|'--pairs: expected a whole number of 1 or more, found '0''",
            "eval --model nowhere|'--model: expected a folder, found none at '",
            "step --set tensers=3|unrecognized arguments: --tensers 3",
            "step --set parameters=abc|argument --parameters: expected a whole number of 1 or more, found abc"})
    void whatCannotBeMeasuredIsRefused(String arguments, String message) {
        Typed typed = Typed.run(("bench " + arguments).split(" "));
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains(message.replaceAll("^'|'$", "")), typed.err());
        assertEquals("", typed.out());
    }

    @Test
    void aBenchmarkOfThePythonSideAnswersThroughTheCommandLine() {
        Typed typed = Typed.run("bench", "step", "--json", "--pairs", "3", "--set", "parameters=1e5");
        assertEquals(0, typed.code(), typed.err());
        JsonObject step = JsonParser.parseString(typed.out()).getAsJsonArray().get(0).getAsJsonObject();
        assertEquals("step/importance, 100,000 parameters", step.get("name").getAsString());
        assertEquals(3, step.get("runs").getAsInt());
        assertTrue(step.get("ours").getAsDouble() > 0);
    }

    @Test
    void bothProgramsScoreTheSameRowsAndMissingDataAreNamed() throws IOException {
        assumeTrue(Files.isDirectory(SHARED.resolve("models/stories15M")), "skipped: no checkpoint in " + SHARED);
        Path general = Files.createDirectories(folder.resolve("general"));
        List<String> rows = Files.readAllLines(SHARED.resolve("data/general/arc_easy.jsonl")).subList(0, 14);
        Files.write(general.resolve("arc_easy.jsonl"), rows);
        Typed typed = Typed.run("bench", "eval", "--json", "--model", SHARED.resolve("models/stories15M").toString(),
                "--data-dir", folder.toString(), "--set", "tasks=arc_easy,piqa", "--set", "items=6", "--pairs", "1",
                "--set", "batchSize=4");
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.err().contains("eval piqa, 0 shots is not measured: no file "), typed.err());
        assertTrue(typed.err().matches("(?s).*eval arc_easy, 5 shots: 24 token rows; log-likelihoods at most \\S+e-0[4-9] "
                + "apart, 0 greedy flags differ.*"), typed.err());
        JsonArray measured = JsonParser.parseString(typed.out()).getAsJsonArray();
        assertEquals(List.of("eval arc_easy, 5 shots", "eval arc_easy, 0 shots", "eval arc_easy, 0 shots, whole command"),
                measured.asList().stream().map(each -> each.getAsJsonObject().get("name").getAsString()).toList());
        JsonObject five = measured.get(0).getAsJsonObject();
        assertEquals(List.of("name", "ours", "theirs", "unit", "ratio", "goal", "better", "reached", "runs"),
                List.copyOf(five.keySet()));
        assertEquals(five.get("ours").getAsDouble() / five.get("theirs").getAsDouble(), five.get("ratio").getAsDouble(),
                1e-9);
    }
}
