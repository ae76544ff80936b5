package io.ballast.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.Experiment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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

    private String keyOfFolders() throws IOException {
        Path file = Files.writeString(folder.resolve("y.json"), """
                {"name": "y", "model": {"path": "/models/x"}, "domain": {"data": [{"path": "/rows", "text": "{t}"}],
                 "learningRate": 1e-3}, "adapter": {"rank": 2}, "retention": {"method": "olora", "anchor": "anchor",
                 "options": {"former": "%s, %s"}}}""".formatted(folder.resolve("one"), folder.resolve("other")));
        return new RunKey().of(Experiment.read(file, List.of()).config());
    }

    @Test
    void foldersOfAnAnchorAndOfAdaptersCountByWhatIsInThem() throws IOException {
        Set<String> keys = new LinkedHashSet<>(List.of(keyOfFolders()));
        for (String name : List.of("anchor/anchor.json", "one/adapter_config.json", "other/adapter_config.json",
                "one/adapter_model.safetensors", "other/adapter_model.safetensors")) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.writeString(folder.resolve(name), "first");
        }
        String first = keyOfFolders();
        assertTrue(keys.add(first));
        for (String name : List.of("anchor/anchor.json", "one/adapter_config.json", "other/adapter_model.safetensors")) {
            Files.writeString(folder.resolve(name), "second");
            assertTrue(keys.add(keyOfFolders()), name);
            Files.writeString(folder.resolve(name), "first");
            assertEquals(first, keyOfFolders());
        }
    }
}
