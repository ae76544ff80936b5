package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ReportWriterTest {
    private static final Pattern DATA =
            Pattern.compile("(?s)<script type=\"application/json\" id=\"data\">(.*?)</script>");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @FieldSource("io.ballast.report.FixtureRuns#ALL")
    void whatIsEmbeddedParsesBackEqualToTheFiles(String name) throws IOException {
        Path run = FixtureRuns.copy(name, folder);
        JsonObject data = data(run);
        assertEquals(JsonParser.parseString(Files.readString(run.resolve("result.json"))), data.get("result"));
        Path experiment = run.resolve("experiment.json");
        if (Files.exists(experiment)) {
            assertEquals(JsonParser.parseString(Files.readString(experiment)), data.get("experiment"));
        } else {
            assertTrue(data.get("experiment").isJsonNull());
        }
    }

    @Test
    void warningsAndFlipsAreEmbeddedAsTheyWereWritten() throws IOException {
        Path run = FixtureRuns.copy("hostile", folder);
        JsonObject data = data(run);
        String warning = data.getAsJsonArray("warnings").get(0).getAsJsonObject().get("message").getAsString();
        assertTrue(warning.startsWith("</script><script>"), warning);
        JsonObject flips = data.getAsJsonArray("flips").get(0).getAsJsonObject();
        String first = Files.readAllLines(run.resolve("evaluation/flips/evil & co.jsonl")).get(0);
        assertEquals(JsonParser.parseString(first).getAsJsonObject().get("prompt"),
                flips.getAsJsonArray("items").get(0).getAsJsonObject().get("prompt"));
    }

    /** What a prompt, a choice, a domain, a task and an experiment are called is in the page, and is no element of it. */
    @Test
    void scriptsInDataAreNoElementsToAParserOfHtml() throws IOException {
        String script = "<script>document.title='pwned'</script><img src=x onerror=alert(1)></script><!--";
        Path run = FixtureRuns.copy("held-back", Files.createDirectory(folder.resolve("hostile")));
        for (String name : List.of("result.json", "experiment.json", "events.jsonl", "evaluation/flips/sciq.jsonl")) {
            Path file = run.resolve(name);
            List<String> lines = name.endsWith("l") ? Files.readAllLines(file) : List.of(Files.readString(file));
            Files.write(file, lines.stream().map(line -> withTexts(JsonParser.parseString(line), script).toString()).toList());
        }
        ReportWriter.write(run);
        Path plain = FixtureRuns.copy("held-back", Files.createDirectory(folder.resolve("plain")));
        ReportWriter.write(plain);
        Document page = Jsoup.parse(run.resolve("report.html"));
        Document expected = Jsoup.parse(plain.resolve("report.html"));
        for (String element : List.of("script", "img", "body *", "head *")) {
            assertEquals(expected.select(element).size(), page.select(element).size(), element);
        }
        assertTrue(page.select("[onerror]").isEmpty() && !page.title().contains("pwned'"), page.title());
        assertTrue(page.select("script").stream().anyMatch(each -> each.data().contains("pwned")), "the data is there");
    }

    /** Each text of a document with the script behind it. */
    private static JsonElement withTexts(JsonElement node, String script) {
        if (node instanceof JsonObject object) {
            JsonObject made = new JsonObject();
            object.asMap().forEach((key, value) -> made.add(key, withTexts(value, script)));
            return made;
        }
        if (node instanceof JsonArray array) {
            JsonArray made = new JsonArray();
            array.forEach(value -> made.add(withTexts(value, script)));
            return made;
        }
        return node.isJsonPrimitive() && node.getAsJsonPrimitive().isString()
                ? new JsonPrimitive(node.getAsString() + script) : node;
    }

    @Test
    void hostileTextEndsNoElement() throws IOException {
        Path run = FixtureRuns.copy("hostile", folder);
        data(run);
        String page = Files.readString(run.resolve("report.html"));
        assertEquals(3, page.split("</script>", -1).length - 1, "the data and two scripts");
        assertEquals(-1, page.indexOf("<img src=x"));
    }

    @Test
    void aSecondReportReplacesTheFirst() throws IOException {
        Path run = FixtureRuns.copy("plain", folder);
        assertEquals(data(run), data(run));
    }

    @Test
    void aFolderWithoutResultIsRefusedWithItsPath() {
        String message = assertThrows(InvalidInputException.class, () -> ReportWriter.write(folder)).getMessage();
        assertTrue(message.contains("result.json") && message.contains(folder.toString()), message);
    }

    @Test
    void aResultThatIsNoJsonIsRefusedWithItsPath() throws IOException {
        Files.writeString(folder.resolve("result.json"), "{\"name\": ");
        String message = assertThrows(InvalidInputException.class, () -> ReportWriter.write(folder)).getMessage();
        assertTrue(message.contains(folder.resolve("result.json").toString()), message);
    }

    private static JsonObject data(Path run) throws IOException {
        ReportWriter.write(run);
        Matcher matcher = DATA.matcher(Files.readString(run.resolve("report.html")));
        assertTrue(matcher.find());
        return EmbeddedJsonTest.strict(matcher.group(1)).getAsJsonObject();
    }
}
