package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {
    @TempDir
    private Path folder;

    @Test
    void aLineThatAnInterruptedWriteLeftIsPassedOver() throws IOException {
        Path file = Files.writeString(folder.resolve("events.jsonl"), "{\"step\": 1}\n\n[2]\n{\"step\": 3}\n{\"step\":");
        assertEquals(2, JsonLines.read(file).size());
    }

    @Test
    void bytesThatAreNoTextAreReplacedAndNotFatal() throws IOException {
        byte[] line = "{\"message\": \"a?b\"}\n".getBytes(StandardCharsets.ISO_8859_1);
        line[14] = (byte) 0xff;
        Path file = Files.write(folder.resolve("events.jsonl"), line);
        assertEquals("a\uFFFDb", JsonLines.read(file).get(0).text("message").orElseThrow());
    }

    @Test
    void anAbsentFileHasNoLines() {
        assertEquals(0, JsonLines.read(folder.resolve("absent.jsonl")).size());
    }
}
