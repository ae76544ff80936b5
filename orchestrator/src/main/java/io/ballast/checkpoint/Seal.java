package io.ballast.checkpoint;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import io.ballast.data.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;

/** The hashes of all files that a checkpoint is made of, in a file beside them. */
final class Seal {
    static final String FILE = "checksums.json";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private Seal() {
    }

    /** Waits until a file's content is on the disk, and gives its hash. */
    static String hash(Path file) throws IOException {
        force(file);
        return new Sha256().file(file).hex();
    }

    /** Waits until a file's content, or a folder's list of files, is on the disk. */
    static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** @param hashes by paths relative to the folder */
    static void write(Path folder, Map<String, String> hashes) throws IOException {
        Files.writeString(folder.resolve(FILE), GSON.toJson(hashes));
        force(folder.resolve(FILE));
        force(folder);
    }

    /** What is wrong with a sealed folder, file and all; empty where nothing is. */
    static Optional<String> damage(Path folder) {
        Path run = folder.resolve("../..").normalize(); // checkpoints are in a folder of the run's
        try {
            Map<String, String> hashes = GSON.fromJson(Files.readString(folder.resolve(FILE)), new TypeToken<>() { });
            for (Map.Entry<String, String> each : hashes.entrySet()) {
                Path file = folder.resolve(each.getKey()).normalize();
                if (!file.startsWith(run)) {
                    return Optional.of(folder.resolve(FILE) + ": it names " + each.getKey() + ", outside of the run");
                }
                String found = Files.exists(file) ? new Sha256().file(file).hex() : "no such file";
                if (!found.equals(each.getValue())) {
                    return Optional.of(file + ": expected the SHA-256 " + each.getValue() + ", found " + found);
                }
            }
            return hashes.containsKey(CheckpointStore.STATE) ? Optional.empty()
                    : Optional.of(folder.resolve(FILE) + ": it does not name " + CheckpointStore.STATE);
        } catch (IOException | UncheckedIOException | JsonParseException | NullPointerException
                | InvalidPathException unreadable) {
            return Optional.of(folder.resolve(FILE) + ": " + unreadable);
        }
    }
}
