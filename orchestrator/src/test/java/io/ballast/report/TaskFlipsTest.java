package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFlipsTest {
    @TempDir
    private Path folder;

    @Test
    void allAreCountedAndTheFirstOfEachKindCarried() throws IOException {
        Path file = Files.writeString(folder.resolve("sciq.jsonl"), IntStream.range(0, 1_000)
                .mapToObj(i -> "{\"change\": \"" + (i % 4 == 0 ? "newlyRight" : "newlyWrong") + "\", \"doc\": {\"a\": 1}}\n")
                .collect(Collectors.joining()));
        TaskFlips flips = TaskFlips.read(file);
        assertEquals("sciq", flips.task());
        assertEquals(750, flips.newlyWrong());
        assertEquals(250, flips.newlyRight());
        assertEquals(2 * TaskFlips.MOST_ITEMS, flips.items().size());
        assertEquals("{\"change\":\"newlyRight\"}", flips.items().get(0).toString());
    }

    @Test
    void aLongPromptIsCutBetweenCharactersAndSaysByHowMuch() throws IOException {
        String prompt = "x".repeat(TaskFlips.LONGEST_TEXT - 1) + "🦜🦜";
        Path file = Files.writeString(folder.resolve("t.jsonl"),
                "{\"change\": \"newlyWrong\", \"prompt\": \"" + prompt + "\", \"choices\": [\"" + prompt + "\"]}");
        String shown = TaskFlips.read(file).items().get(0).get("prompt").getAsString();
        assertTrue(shown.endsWith("x … (4 more characters in evaluation/flips)"), shown.substring(shown.length() - 60));
    }

    @Test
    void flipsAsTheEvaluationWritesThemAreReadWhole() {
        TaskFlips flips = FixtureRuns.read("held-back").flips().get(0);
        assertEquals(2, flips.newlyWrong());
        assertEquals(1, flips.newlyRight());
        assertEquals("[\"viruses\",\"protozoa\",\"mesophilic organisms\",\"gymnosperms\"]",
                flips.items().get(0).get("choices").toString());
    }
}
