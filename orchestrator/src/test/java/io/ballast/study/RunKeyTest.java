package io.ballast.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.ballast.Experiment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunKeyTest {
    @TempDir
    Path folder;

    private String key(String folderName, String module) throws IOException {
        Path own = Files.createDirectories(folder.resolve(folderName));
        Files.writeString(own.resolve("mine.py"), module);
        Files.writeString(own.resolve("rows.jsonl"), "{\"t\": \"a\"}\n");
        Path file = Files.writeString(own.resolve("x.json"), """
                {"name": "x", "model": {"path": "/models/x"}, "domain": {"data": [{"path": "rows.jsonl", "text": "{t}",
                 "transform": "mine:clean"}], "learningRate": 1e-3, "stop": "elsewhere:Rule"}}""");
        return new RunKey().of(Experiment.read(file, List.of()).config());
    }

    @Test
    void aPluginsModuleCountsByWhatIsInItAndNotByWhereItLies() throws IOException {
        assertEquals(key("a", "one"), key("b", "one"));
        assertNotEquals(key("a", "one"), key("a", "two"));
    }
}
