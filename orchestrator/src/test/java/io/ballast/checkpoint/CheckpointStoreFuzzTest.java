package io.ballast.checkpoint;

import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.fuzz.Fuzzing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class CheckpointStoreFuzzTest {
    static {
        // It warns of each damaged checkpoint.
        System.setProperty("org.slf4j.simpleLogger.log.io.ballast.checkpoint", "off");
    }

    @TempDir
    Path run;
    private Path checkpoint;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(run.resolve("events.jsonl"), "{}\n".repeat(9));
        new CheckpointStore(run, 2).write(folder -> {
            try {
                Files.createDirectory(folder);
                Files.writeString(folder.resolve("shard.safetensors"), "the model");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, file -> new CheckpointState(CheckpointState.SCHEMA, new JsonObject(), Map.of("data", "0123"),
                List.of("phase general"), file, true, new PhasePosition("domain", 1, 0, Double.NaN, 1, 0, 0, 0, 0), 3,
                Result.read(Path.of("src/test/resources/io/ballast/artifacts/schema-1"))), List.of());
        checkpoint = CheckpointStore.folderOf(run).resolve("000001");
    }

    @Test
    void damagedChecksumsAreToldOrRead() throws IOException {
        fuzz(Seal.FILE, false);
    }

    /** Somebody who changes a state can change its checksum too. */
    @Test
    void aDamagedStateWithItsOwnChecksumIsRefusedOrRead() throws IOException {
        fuzz(CheckpointStore.STATE, true);
    }

    private void fuzz(String name, boolean sealed) throws IOException {
        Path file = checkpoint.resolve(name);
        Fuzzing.of(name, InvalidInputException.class).run(List.of(Files.readAllBytes(file)), damaged -> {
            Files.write(file, damaged);
            if (sealed) {
                Seal.write(checkpoint, Map.of(name, Seal.hash(file)));
            }
            new CheckpointStore(run, 2).newest().ifPresent(found -> {
                found.model();
                found.state().passed().size();
                found.state().identities().size();
            });
        });
    }
}
