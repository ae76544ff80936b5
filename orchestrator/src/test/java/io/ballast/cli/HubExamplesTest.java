package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Result;
import io.ballast.TestHub;
import io.ballast.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The experiments for strangers with a network, against the tests' own hub: a tiny model under the name of the real
 * one, and a few rows with the columns of the real data sets. In processes of their own, because huggingface_hub reads
 * its settings once.
 */
@Tag("one-jdk")
class HubExamplesTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Path EXAMPLES = HOME.resolve("examples");
    private static final String MODEL = "models/TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T";

    @TempDir
    static Path folder;
    private static TestHub hub;

    @BeforeAll
    static void startHub() throws IOException, SQLException {
        hub = new TestHub(folder);
        Path root = hub.root();
        TinyModels.copy("llama-untied", root.resolve(MODEL));
        String question = "'How does the ' || i || 'th organ keep the body alive?'";
        parquet(root, "Salesforce/wikitext", "wikitext-2-raw-v1", List.of("train", "test"),
                "SELECT repeat('the cat sees a fish . ', 12) || i AS text");
        parquet(root, "openlifescienceai/medmcqa", "data", List.of("train", "validation"), "SELECT " + question
                + " AS question, 'It does.' AS exp, 'a' AS opa, 'b' AS opb, 'c' AS opc, 'd' AS opd, i % 4 AS cop");
        parquet(root, "allenai/sciq", "data", List.of("train", "test"), "SELECT " + question + " AS question,"
                + " 'well' AS correct_answer, 'x' AS distractor1, 'y' AS distractor2, 'z' AS distractor3,"
                + " 'It is known.' AS support");
        for (String split : List.of("train", "validation")) {
            write(root.resolve("datasets/ybisk/piqa/plain_text/" + split + "/0000.parquet"),
                    "SELECT " + question + " AS goal, 'one' AS sol1, 'another' AS sol2, i % 2 AS label");
        }
        Files.writeString(root.resolve("datasets/ybisk/piqa/.revisions"), "refs/convert/parquet");
    }

    private static void parquet(Path root, String dataset, String under, List<String> splits, String query)
            throws IOException, SQLException {
        for (String split : splits) {
            write(root.resolve("datasets").resolve(dataset).resolve(under).resolve(split + "-00000-of-00001.parquet"),
                    query);
        }
    }

    private static void write(Path file, String query) throws IOException, SQLException {
        Files.createDirectories(file.getParent());
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (" + query + " FROM range(16) AS rows(i)) TO '" + file + "'");
        }
    }

    @AfterAll
    static void stopHub() {
        hub.close();
    }

    private static Typed launch(Map<String, String> environment, String... arguments) throws Exception {
        return Typed.inAProcess(variables -> {
            variables.remove("HF_TOKEN");
            variables.put("HF_ENDPOINT", hub.address());
            variables.put("HF_HOME", folder.resolve("cache").toString());
            variables.putAll(environment);
        }, List.of(), arguments);
    }

    private static String[] shortRun(Path example) {
        return new String[] {"run", example.toString(), "--json", "--set", "output=" + folder.resolve("runs"),
            "--set", "general.steps=2", "--set", "general.warmupSteps=1",
            "--set", "domain.steps=2", "--set", "domain.warmupSteps=1", "--set", "model.device=cpu"};
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            return files.filter(file -> file.toString().endsWith(".json") && !isStudy(file)).sorted().toList();
        }
    }

    private static boolean isStudy(Path file) {
        return file.getFileName().toString().startsWith("study-");
    }

    @Test
    void theStudyResolvesEachOfItsRuns() {
        Typed typed = Typed.run("study", EXAMPLES.resolve("study-tinyllama.json").toString(), "--plan");
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().contains("missing  hierarchical 30, piqa, seed 7"), typed.out());
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleIsValid(Path example) {
        Typed typed = Typed.run("validate", example.toString(), "--no-estimate");
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().contains("on the hub"), typed.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"medmcqa", "piqa-lora"})
    void examplesRunFromTheHub(String name) throws Exception {
        Typed typed = launch(Map.of(), shortRun(EXAMPLES.resolve(name + ".json")));
        assertEquals(0, typed.code(), typed.err());
        Result result = Result.read(newestRun());
        assertEquals("completed", result.status());
        assertEquals(name, result.name());
        String saved = Files.readString(newestRun().resolve("experiment.json"));
        assertTrue(saved.contains("hf://TinyLlama/"), "the run can be repeated elsewhere: " + saved);
    }

    @Test
    void aModelOfTheHubIsScoredOnADataSetOfTheHub() throws Exception {
        Typed typed = launch(Map.of(), "eval", "hf://" + MODEL.substring("models/".length()), "--tasks", "sciq", "--json",
                "--device", "cpu");
        assertEquals(0, typed.code(), typed.err());
        JsonObject score = JsonParser.parseString(typed.out()).getAsJsonObject().getAsJsonArray("scores").get(0)
                .getAsJsonObject();
        assertEquals("sciq", score.get("task").getAsString());
        assertEquals(16, score.get("n").getAsInt());
    }

    @Test
    void aModelOfTheHubIsExportedUnderItsName() throws Exception {
        String name = MODEL.substring("models/".length());
        Path out = folder.resolve("exported");
        Typed typed = launch(Map.of(), "export", "hf://" + name, "--format", "merged", "--out", out.toString(), "--json");
        assertEquals(0, typed.code(), typed.err());
        JsonObject document = JsonParser.parseString(typed.out()).getAsJsonObject();
        assertEquals("hf://" + name, document.get("from").getAsString());
        assertEquals("hf://" + name, document.get("baseModel").getAsString());
        String card = Files.readString(out.resolve("README.md"));
        assertTrue(card.startsWith("---\nbase_model: " + name + "\n"), card);
        assertFalse(card.contains(folder.toString()), "no path of this machine: " + card);
        assertEquals(0, document.getAsJsonObject("comparison").get("maxDifference").getAsDouble());
        Typed refused = launch(Map.of(), "export", "hf://no-such/model", "--format", "merged", "--out",
                folder.resolve("nothing").toString());
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("no-such/model"), refused.err());
    }

    private static Path newestRun() {
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            return runs.max((a, b) -> Long.compare(a.toFile().lastModified(), b.toFile().lastModified())).orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void onceFetchedItRunsWithoutANetworkAndOtherwiseEndsWithThree() throws Exception {
        String[] run = shortRun(EXAMPLES.resolve("sciq-plain.json"));
        Typed missing = launch(Map.of("HF_HUB_OFFLINE", "1", "HF_HOME", folder.resolve("own").toString()), run);
        assertEquals(3, missing.code(), missing.err());
        assertTrue(missing.err().contains("HF_HUB_OFFLINE is set"), missing.err());

        Typed fetched = launch(Map.of("HF_HOME", folder.resolve("own").toString()), run);
        assertEquals(0, fetched.code(), fetched.err());
        Typed offline = launch(Map.of("HF_HUB_OFFLINE", "1", "HF_HOME", folder.resolve("own").toString(),
                "HF_ENDPOINT", "http://127.0.0.1:9"), run);
        assertEquals(0, offline.code(), offline.err());

        run[0] = "validate";
        JsonObject nothing = validated(Map.of("HF_HOME", folder.resolve("nothing").toString()), run);
        assertTrue(nothing.get("noEstimate").getAsString().contains("a run has yet to fetch or convert hf://TinyLlama/"), nothing.toString());
        JsonObject foreseen = validated(Map.of("HF_HOME", folder.resolve("own").toString(), "HF_ENDPOINT",
                "http://127.0.0.1:9"), run);
        assertEquals(2, foreseen.getAsJsonObject("estimate").getAsJsonArray("phases").get(0).getAsJsonObject()
                .get("steps").getAsInt());
    }

    private static JsonObject validated(Map<String, String> environment, String... arguments) throws Exception {
        Typed typed = launch(environment, arguments);
        assertEquals(0, typed.code(), typed.err());
        return JsonParser.parseString(typed.out()).getAsJsonObject();
    }

    @Test
    void aModelThatTheHubDoesNotHaveEndsWithTwo() throws Exception {
        List<String> arguments = new ArrayList<>(List.of(shortRun(EXAMPLES.resolve("sciq.json"))));
        arguments.addAll(List.of("--set", "model.path=hf://no-such/model"));
        Typed typed = launch(Map.of(), arguments.toArray(String[]::new));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains("no-such/model"), typed.err());
    }

    @Test
    void validateRefusesAnAddressThatIsNone() {
        Typed typed = Typed.run("validate", EXAMPLES.resolve("sciq.json").toString(), "--set",
                "model.path=hf://a/b/c");
        assertEquals(2, typed.code(), typed.out());
        assertTrue(typed.err().contains("Expected a model as hf://org/name"), typed.err());
    }
}
