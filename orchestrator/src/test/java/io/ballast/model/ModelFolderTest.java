package io.ballast.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
    private static final String B = "\"b.weight\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}";
    private static final String A = "\"a.weight\": {\"dtype\": \"BF16\", \"shape\": [2, 2], \"data_offsets\": [8, 16]}";
    private static final String C = "\"c\": {\"dtype\": \"I64\", \"shape\": [], \"data_offsets\": [%d, %d]}";

    @TempDir
    Path folder;

    /** By this hash an anchor knows its base model; Python's test_provenance.py has the same files and hash. */
    @Test
    void weightsAreHashedAsPythonHashesThemHoweverTheyAreCutIntoFiles() throws IOException {
        Path whole = write("whole", "model.safetensors", 0, 24, B + "," + A + "," + C.formatted(16, 24));
        Path cut = write("cut", "model-00001-of-00002.safetensors", 0, 16, B + "," + A);
        write("cut", "model-00002-of-00002.safetensors", 16, 8, C.formatted(0, 8));
        String hash = "ef3a84ce2318f9e9feaf54173c1307df4f61523120e278623d028549ba3f93b2";
        assertEquals(hash, ModelFolder.open(whole).weightsHash());
        assertEquals(hash, ModelFolder.open(cut).weightsHash());
        write("cut", "model-00002-of-00002.safetensors", 17, 8, C.formatted(0, 8));
        assertNotEquals(hash, ModelFolder.open(cut).weightsHash());
    }

    /** A file whose data are bytes that count on from the first. */
    private Path write(String name, String file, int first, int size, String tensors) throws IOException {
        byte[] header = ("{" + tensors + "}").getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + header.length + size).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length).put(header);
        for (int i = 0; i < size; i++) {
            bytes.put((byte) (first + i));
        }
        Path made = Files.createDirectories(folder.resolve(name));
        Files.writeString(made.resolve("config.json"), "{}");
        Files.write(made.resolve(file), bytes.array());
        return made;
    }
}
