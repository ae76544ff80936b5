package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCardTest {
    private static final String SNAPSHOT = "/home/me/hub/models--org--name-7b/snapshots/0123456789abcdef/";

    @TempDir
    Path folder;

    private static ExportFacts facts(String relation) {
        return new ExportFacts(Map.of("format", "onnx", "baseModel", SNAPSHOT, "baseModelHash", "abc", "versions",
                Map.of("torch", "2", "kernels", Map.of("reason", "/home/me/lib.so")),
                "files", List.of(Map.of("name", "model.onnx", "bytes", 5L, "sha256", "def"))), "Compared.", "onnx",
                relation);
    }

    private Path card(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void aCardFromNothingNamesTheBaseAsTheHubDoesAndNoPathOfThisMachine() {
        String card = ExportCard.of(null, List.of(), facts("finetune"));
        assertTrue(card.startsWith("---\nbase_model: org/name-7b\nbase_model_relation: finetune\nlibrary_name: onnx\n"),
                card);
        assertTrue(card.contains("# org/name-7b") && card.contains("| model.onnx | 5 bytes, sha256:def |"), card);
        assertFalse(card.contains("/home/me"), card);
    }

    @Test
    void theLicenceIsTheNearestCardsAndAnExportOfAnExportHasOneSectionOfIt() throws IOException {
        Path own = card("own.md", "---\ntags: [a, onnx]\n---\n# Mine\n\n## Export\n\nold\n\n## Last\n\nkept\n");
        Path base = card("base.md", "---\nlicense: other\nlicense_link: there\n---\n");
        String card = ExportCard.of(own, List.of(own, base), facts(null));
        assertTrue(card.contains("license: other\nlicense_link: there"), card);
        assertTrue(card.contains("- a\n- onnx\n- ballast"), card);
        assertTrue(card.contains("# Mine\n\n## Last\n\nkept\n\n## Use"), card);
        assertEquals(card.indexOf("## Export"), card.lastIndexOf("## Export"));
        assertFalse(card.contains("old") || card.contains("base_model_relation"), card);
    }

    @Test
    void aHeadThatIsNoYamlDoesNotEndAnExport() throws IOException {
        Path own = card("own.md", "---\na: [\n---\n# Mine\n");
        assertTrue(ExportCard.of(own, List.of(own), facts(null)).contains("library_name: onnx"));
        Path bare = card("bare.md", "no head at all\n");
        assertTrue(ExportCard.of(bare, List.of(bare), facts(null)).contains("---\n\nno head at all\n"));
    }
}
