package io.ballast.data;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of token stores, each under the hash of what it was made from. A store is written under another name
 * and then renamed, so that a store that can be seen is complete; several processes may share the folder.
 */
final class StoreCache {
    private static final Logger LOG = LoggerFactory.getLogger(StoreCache.class);
    private static final String PARTIAL = ".partial-";
    private static final Duration ABANDONED = Duration.ofDays(1);

    private final Path folder;
    private final int segmentInts;

    /** Writes the rows of a store. */
    interface Source {
        void writeTo(TokenStoreWriter writer) throws IOException;
    }

    StoreCache(Path folder, int segmentInts) {
        this.folder = folder;
        this.segmentInts = segmentInts;
    }

    /** The store of that key; made from the source unless it is there and undamaged. */
    TokenStore get(String key, Source source) {
        Path store = folder.resolve(key);
        try {
            return TokenStore.open(store, key, true);
        } catch (NoSuchFileException absent) {
            return build(store, key, source);
        } catch (IOException | RuntimeException damaged) {
            LOG.warn("The token store {} is made anew: {}", store, damaged.getMessage());
            return build(store, key, source);
        }
    }

    private TokenStore build(Path store, String key, Source source) {
        try {
            Files.createDirectories(folder);
            deleteAbandoned();
            Path partial = Files.createTempDirectory(folder, key + PARTIAL);
            try {
                try (TokenStoreWriter writer = new TokenStoreWriter(partial, segmentInts)) {
                    source.writeTo(writer);
                    writer.finish(key);
                }
                return publish(partial, store, key);
            } finally {
                WholeFiles.delete(partial);
            }
        } catch (IOException failed) {
            throw new InvalidInputException("The token store " + store + " cannot be written: " + failed
                    + ". Give the cache a folder that can be written and has space.", failed);
        }
    }

    private static TokenStore publish(Path partial, Path store, String key) throws IOException {
        WholeFiles.giveName(partial, store);
        try {
            return TokenStore.open(store, key, false);
        } catch (IOException | RuntimeException damaged) { // the one that was there before
            WholeFiles.delete(store);
            WholeFiles.giveName(partial, store);
            return TokenStore.open(store, key, false);
        }
    }

    /** What a killed process left behind. */
    private void deleteAbandoned() throws IOException {
        Instant limit = Instant.now().minus(ABANDONED);
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.filter(path -> path.getFileName().toString().contains(PARTIAL)).toList()) {
                if (Files.getLastModifiedTime(entry).toInstant().isBefore(limit)) {
                    WholeFiles.delete(entry);
                }
            }
        }
    }
}
