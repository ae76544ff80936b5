package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report as a browser shows it. Skipped, with a line that says so, where no Chromium is installed. */
@Tag("one-jdk")
class ReportInChromiumTest {
    private static Optional<Chromium> browser = Optional.empty();

    @TempDir
    private Path folder;

    @BeforeAll
    static void findBrowser() {
        browser = Chromium.find();
        if (browser.isEmpty()) {
            System.out.println("ReportInChromiumTest is skipped: no chromium or google-chrome on the PATH.");
        }
        assumeTrue(browser.isPresent(), "no chromium or google-chrome on the PATH");
    }

    @Test
    void theTablesHoldTheNumbersAndTheChartsAreDrawn() throws Exception {
        String body = open("held-back");
        for (String number : List.of("7115", "257.2", "2.691", "3.353", "+0.612 to +0.716", "27.3 %", "28.0 %",
                "no change beyond noise", "--set retention.lambda=90", "0.412 against 0.021", "3.1e−9", "68,213",
                "1 newly right", "9f1c0b6d8a57", "so many items could have shown a change of 1.6 points", "−0.33 to −0.09",
                "2 subjects, none changed beyond noise", "earth science", "4.1 % → 6.7 %",
                "By ballast validate, before the run.", "general, peak memory", "+10 %", "whole run, time", "−6 %")) {
            assertTrue(body.contains(number), number);
        }
        Pattern chart = Pattern.compile("<div class=\"chart\"[^>]*>\\s*<div[^>]*>\\s*<svg");
        assertEquals(3, chart.matcher(body).results().count());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "importance-only | scores-by-stage loss importance phases provenance",
        "only-domain     | scores-by-stage loss phases provenance",
        "unevaluated     | phases provenance",
        "failed          | scores-by-stage loss importance phases warnings provenance",
        "bare            | "})
    void everySectionIsThereIfAndOnlyIfThereIsSomethingToShow(String run, String sections) throws Exception {
        String body = open(run);
        List<String> found = Pattern.compile("<section class=\"long\" id=\"([a-z-]+)\"").matcher(body).results()
                .map(match -> match.group(1)).toList();
        assertEquals(sections == null ? List.of() : List.of(sections.split(" ")), found);
    }

    @Test
    void hostileTextIsShownAsText() throws Exception {
        String body = open("hostile");
        assertFalse(body.contains("<img"), "no element was made from the data");
        assertTrue(body.contains("&lt;/script&gt;&lt;script&gt;document.title=\"pwned\""), "it is shown");
        assertFalse(body.contains("href=\"javascript") || body.contains("href=\"http"), "no link leaves the folder");
    }

    @Test
    void whatGoesWrongInAPageIsSeenOnTheConsole() throws Exception {
        Path page = Files.writeString(folder.resolve("broken.html"), Page.of("{\"result\": "));
        List<String> console = browser.orElseThrow().load(page, folder).console();
        assertTrue(console.stream().anyMatch(line -> line.contains("SyntaxError")), console.toString());
    }

    /** @return the document's main element, after a load without a word on the console */
    private String open(String name) throws IOException, InterruptedException {
        Path run = FixtureRuns.copy(name, folder);
        ReportWriter.write(run);
        Chromium.Loaded page = browser.orElseThrow().load(run.resolve("report.html"), folder);
        assertEquals(List.of(), page.console());
        int main = page.dom().indexOf("<main");
        assertTrue(main > 0, page.dom().substring(0, Math.min(500, page.dom().length())));
        return page.dom().substring(main, page.dom().indexOf("</main>"));
    }
}
