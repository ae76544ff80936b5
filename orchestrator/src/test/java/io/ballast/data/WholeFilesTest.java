package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFilesTest {
    @TempDir
    private Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
        Path file = folder.resolve("a.json");
        WholeFiles.write(file, "old and longer");
        WholeFiles.write(file, "new, ω");
        assertEquals("new, ω", Files.readString(file));
        assertEquals(List.of("a.json"), names());
    }

    @Test
    void aWrittenFileMayBeReadByWhoMayReadItsNeighbours() throws IOException {
        Path neighbour = Files.writeString(folder.resolve("neighbour"), "");
        WholeFiles.write(folder.resolve("a"), "");
        assertEquals(Files.getPosixFilePermissions(neighbour), Files.getPosixFilePermissions(folder.resolve("a")));
    }

    @Test
    void whatIsThereSurvivesATextThatCannotBeEncoded() throws IOException {
        Path file = Files.writeString(folder.resolve("a.json"), "old");
        assertThrows(IOException.class, () -> WholeFiles.write(file, "half of a pair: \ud83d"));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a.json"), names());
    }

    @Test
    void whatIsThereSurvivesWhenItCannotBeReplaced() throws IOException {
        Path inside = Files.writeString(Files.createDirectory(folder.resolve("taken")).resolve("inside"), "old");
        assertThrows(IOException.class, () -> WholeFiles.write(folder.resolve("taken"), "new"));
        assertEquals("old", Files.readString(inside));
        assertEquals(List.of("taken"), names(), "the part is gone");
    }

    @Test
    void aFolderGoesWithTheFoldersInIt() throws IOException {
        Path tree = folder.resolve("tree");
        Files.writeString(Files.createDirectories(tree.resolve("a/b/c")).resolve("file"), "text");
        Files.writeString(tree.resolve("a/file"), "text");
        Files.createDirectories(tree.resolve("empty"));
        WholeFiles.delete(tree);
        assertEquals(List.of(), names());
        WholeFiles.delete(tree);
    }

    @Test
    void aLinkIsRemovedAndNotFollowed() throws IOException {
        Path kept = Files.writeString(Files.createDirectory(folder.resolve("elsewhere")).resolve("kept"), "text");
        Path tree = Files.createDirectory(folder.resolve("tree"));
        Files.createSymbolicLink(tree.resolve("inside"), kept.getParent());
        Path link = Files.createSymbolicLink(folder.resolve("link"), kept.getParent());
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("nowhere"));
        for (Path each : List.of(tree, link, dangling)) {
            WholeFiles.delete(each);
            assertFalse(Files.exists(each, LinkOption.NOFOLLOW_LINKS), each.toString());
        }
        assertTrue(Files.exists(kept));
    }
}
