package io.ballast.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.artifacts.RunArtifacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Java of docs/teams.md is that of classes that run here; its Python is run by {@code test_teams_page.py}. */
class TeamsPageTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Path TESTS = HOME.resolve("orchestrator/src/test");

    @Test
    void whatThePageShowsIsWhatTheTestsRun() throws IOException {
        String page = Files.readString(HOME.resolve("docs/teams.md"));
        List<String> blocks = Pattern.compile("^```java\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE).matcher(page)
                .results().map(found -> found.group(1)).toList();
        assertEquals(3, blocks.size());
        for (String name : List.of("Tickets", "Triage")) {
            String source = Files.readString(TESTS.resolve("java/io/ballast/plugin/" + name + ".java"));
            assertTrue(blocks.stream().anyMatch(block -> block.contains(name) && source.contains(block)), name);
        }
    }

    /** As the first block has it, of the golden run. */
    @Test
    void aRunIsReadAsThePageSays() {
        RunArtifacts run = new RunArtifacts(TESTS.resolve("resources/io/ballast/artifacts/schema-1"));
        run.result().forgetting().forEach(each -> assertTrue(each.toString().contains("task=")));
        run.samples("base", "quiz").forEach(sample -> assertTrue(sample.values().get("acc").isJsonPrimitive()));
    }
}
