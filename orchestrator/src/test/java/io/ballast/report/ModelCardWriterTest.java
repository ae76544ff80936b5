package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class ModelCardWriterTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @FieldSource("io.ballast.report.FixtureRuns#ALL")
    void theFrontMatterOfEveryRunIsYaml(String name) throws IOException {
        Map<?, ?> head = frontMatter(card(FixtureRuns.copy(name, folder)));
        assertEquals("text-generation", head.get("pipeline_tag"));
        assertTrue(((List<?>) head.get("tags")).contains("ballast"));
    }

    @Test
    void theFrontMatterNamesBaseLibraryAndScores() throws IOException {
        Map<?, ?> head = frontMatter(card(FixtureRuns.copy("held-back", folder)));
        assertEquals("stories15M", head.get("base_model"));
        assertEquals("transformers", head.get("library_name"));
        Map<?, ?> model = (Map<?, ?>) ((List<?>) head.get("model-index")).get(0);
        assertEquals(4, ((List<?>) model.get("results")).size());
    }

    @Test
    void anAdapterIsLoadedByPeft() throws IOException {
        Path run = FixtureRuns.copy("unevaluated", folder);
        Files.createDirectory(run.resolve("model"));
        String card = card(run);
        assertEquals("peft", frontMatter(card).get("library_name"));
        assertTrue(card.contains("AutoPeftModelForCausalLM.from_pretrained(\"model\")"));
    }

    @Test
    void whatCameFromTheHubIsNamedAsTheHubNamesIt() throws IOException {
        Path run = FixtureRuns.copy("only-domain", folder);
        Path experiment = run.resolve("experiment.json");
        Files.writeString(experiment, Files.readString(experiment)
                .replace("/home/you/shared/models/stories15M", "hf://org/model@main")
                .replace("/home/you/shared/data/medmcqa/train.jsonl", "hf://datasets/org/set/train.jsonl"));
        Map<?, ?> head = frontMatter(card(run));
        assertEquals("org/model", head.get("base_model"));
        assertEquals(List.of("org/set"), head.get("datasets"));
    }

    @Test
    void theCardTellsNumbersSettingsAndHashes() throws IOException {
        String card = card(FixtureRuns.copy("held-back", folder));
        assertTrue(card.contains("| kept | stories | perplexity | 2.691 | 3.353 | +0.662 | +0.612 to +0.716"
                + " | &lt; 0.001 | 0.07 | worse |"), card);
        assertTrue(card.contains("| kept | sciq | acc | 34.7 % | 34.3 % | −0.3 | −3.3 to +2.7 | 1 | 1.6"
                + " | no change beyond noise |"), card);
        assertTrue(card.contains("| sciq | right answer's margin, nats | −0.31 | −0.52 | −0.21 | −0.33 to −0.09 |"), card);
        assertTrue(card.contains("| retention · lambda | 30 |"), card);
        assertTrue(card.contains("| retention · xi | {\"relative\":1} |"), card);
        assertTrue(card.contains("| baseModelHash | 9f1c0b6d8a57"), card);
        assertTrue(card.matches("(?s).*\\| experiment.json \\| sha256:[0-9a-f]{64} \\|.*"), card);
    }

    /** Names that would be other keys, other documents or other types, were they written as they are. */
    @ParameterizedTest
    @ValueSource(strings = {"a\nlicense: mit", "a: b", "---", "x\n---\n# title", "- a", "&a *a", "!!js/function x", "{a: b}",
        "null", "yes", "1e3", "\"quoted\"", "'", "# comment", "a #b", "%TAG", "\u0085x\u2028y", "<script>alert(1)</script>"})
    void aNameIsThatNameInTheFrontMatterWhateverIsInIt(String name) throws IOException {
        Path run = FixtureRuns.copy("held-back", folder);
        Path result = run.resolve("result.json");
        JsonObject changed = JsonParser.parseString(Files.readString(result)).getAsJsonObject();
        changed.addProperty("name", name);
        changed.getAsJsonArray("scores").forEach(score -> score.getAsJsonObject().addProperty("task", name));
        Files.writeString(result, changed.toString());
        String card = card(run);
        Map<?, ?> head = frontMatter(card);
        Map<?, ?> model = (Map<?, ?>) ((List<?>) head.get("model-index")).get(0);
        assertEquals(name, model.get("name"));
        assertEquals(name, ((Map<?, ?>) ((Map<?, ?>) ((List<?>) model.get("results")).get(0)).get("dataset")).get("name"));
        assertFalse(head.containsKey("license"), card);
        assertFalse(card.substring(card.indexOf("\n---\n", 4)).contains("<script"), card);
    }

    @Test
    void hostileTextIsNoMarkup() throws IOException {
        String card = card(FixtureRuns.copy("hostile", folder));
        String body = card.substring(card.indexOf("\n---\n", 4) + 5);
        assertFalse(body.contains("<script") || body.contains("<img") || body.contains("<i>"), body);
        for (String line : body.lines().filter(each -> each.startsWith("| kept")).toList()) {
            assertEquals(11, line.split("(?<!\\\\)\\|", -1).length - 1, line);
        }
    }

    private static String card(Path run) throws IOException {
        ModelCardWriter.write(run);
        return Files.readString(run.resolve("README.md"));
    }

    private static Map<?, ?> frontMatter(String card) {
        assertTrue(card.startsWith("---\n"));
        String yaml = card.substring(4, card.indexOf("\n---\n", 4) + 1);
        return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(yaml);
    }
}
