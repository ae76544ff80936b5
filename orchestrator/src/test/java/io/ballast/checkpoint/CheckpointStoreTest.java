package io.ballast.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointStoreTest {
    private static final Result RESULT = Result.read(Path.of("src/test/resources/io/ballast/artifacts/schema-1"));

    @TempDir
    Path run;
    private CheckpointStore store;

    @BeforeEach
    void begin() throws IOException {
        Files.writeString(run.resolve("events.jsonl"), "{}\n".repeat(9));
        store = new CheckpointStore(run, 2);
    }

    private static Consumer<Path> tensors(String content) {
        return folder -> {
            try {
                Files.createDirectory(folder);
                Files.writeString(folder.resolve("shard.safetensors"), content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private static CheckpointState state(String model, long done, long eventBytes) {
        return new CheckpointState(CheckpointState.SCHEMA, new JsonObject(), Map.of(), List.of("phase general"), model,
                true, new PhasePosition("domain", done, 0, Double.NaN, 1, 0, 0, 0, 0), eventBytes, RESULT);
    }

    /** The end of a phase, and three checkpoints within the next one. */
    private void writeFour() {
        String[] model = new String[1];
        store.write(tensors("the model"), file -> state(model[0] = file, 0, 3), List.of());
        for (int i = 1; i <= 3; i++) {
            int done = i;
            store.write(tensors("step " + i), file -> state(model[0], done, 3L * done), List.of());
        }
    }

    private Path file(String name) {
        return CheckpointStore.folderOf(run).resolve(name);
    }

    private long newestDone() {
        return new CheckpointStore(run, 2).newest().orElseThrow().state().inside().done();
    }

    @Test
    void theNewestAreKeptWithTheModelThatTheyStartFrom() throws IOException {
        writeFour();
        try (Stream<Path> kept = Files.list(CheckpointStore.folderOf(run))) {
            assertEquals(List.of("000001", "000003", "000004"),
                    kept.map(each -> each.getFileName().toString()).sorted().toList());
        }
        Checkpoint newest = store.newest().orElseThrow();
        assertEquals("step 3", Files.readString(newest.phase().resolve("shard.safetensors")));
        assertEquals("the model", Files.readString(newest.model().resolve("shard.safetensors")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../elsewhere", "/etc/passwd", "\u0000"})
    void checksumsOfWhatIsOutsideOfTheRunAreDamage(String name) throws IOException {
        writeFour();
        Path last = file("000004");
        Seal.write(last, Map.of(name, "0", CheckpointStore.STATE, Seal.hash(last.resolve(CheckpointStore.STATE))));
        assertEquals(2, newestDone());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../model.safetensors", "/model.safetensors", "000001/../../model.safetensors"})
    void aModelThatIsNoCheckpointsIsRefused(String model) throws IOException {
        writeFour();
        Path last = file("000004");
        Files.writeString(last.resolve(CheckpointStore.STATE), state(model, 1, 3).toJson());
        Seal.write(last, Map.of(CheckpointStore.STATE, Seal.hash(last.resolve(CheckpointStore.STATE))));
        assertTrue(assertThrows(InvalidInputException.class, store::newest).getMessage()
                .contains(model + ", which is no checkpoint's"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"000004/tensors/shard.safetensors", "000004/state.json", "000004/checksums.json"})
    void aFlippedBitOrAMissingEndIsToldWithTheFilesNameAndThePreviousCheckpointIsUsed(String name) throws IOException {
        for (boolean flips : new boolean[] {true, false}) {
            begin();
            writeFour();
            byte[] bytes = Files.readAllBytes(file(name));
            byte[] damaged = flips ? bytes.clone() : Arrays.copyOf(bytes, bytes.length / 2);
            damaged[damaged.length / 2] ^= (byte) (flips ? 4 : 0);
            Files.write(file(name), damaged);
            assertEquals(2, newestDone(), name);
            assertTrue(Seal.damage(file("000004")).orElseThrow().contains("000004"), name);
            store.remove();
        }
    }

    @Test
    void aDamagedModelDamagesAllThatStartFromIt() throws IOException {
        writeFour();
        Files.writeString(file("000001/tensors/shard.safetensors"), "the mode1");
        assertTrue(store.newest().isEmpty());
        assertTrue(Seal.damage(file("000004")).orElseThrow()
                .contains("000001/tensors/shard.safetensors: expected the SHA-256"));
    }

    @Test
    void eventsThatAreMissingDamageACheckpoint() throws IOException {
        writeFour();
        Files.writeString(run.resolve("events.jsonl"), "{}\n{}\n");
        assertEquals(2, newestDone());
    }

    @Test
    void whatIsHalfWrittenIsNoCheckpointAndIsSweptAway() throws IOException {
        writeFour();
        Files.createDirectory(file("000005.partial"));
        assertEquals(3, newestDone());
        store.sweep();
        assertFalse(Files.exists(file("000005.partial")));
    }

    @Test
    void aFolderThatHasARunIsRefusedToAnother() {
        RunLock lock = RunLock.take(run);
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> RunLock.take(run));
        assertTrue(e.getMessage().contains(run + " now"), e.getMessage());
        lock.close();
        lock.close();
        RunLock.take(run).close();
    }
}
