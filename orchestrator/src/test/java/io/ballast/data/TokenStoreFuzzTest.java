package io.ballast.data;

import io.ballast.fuzz.Fuzzing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that cannot be used is an IOException, upon which the cache makes it anew. */
@Tag("one-jdk")
class TokenStoreFuzzTest {
    private static final String KEY = "key";

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        try (TokenStoreWriter writer = new TokenStoreWriter(folder, 64)) {
            for (int row = 0; row < 40; row++) {
                writer.add(new Example(new int[] {1, row, 2, 3, 4, 5, 6, 7}, 1));
            }
            writer.finish(KEY);
        }
    }

    @Test
    void aDamagedManifestIsRefusedOrAllOfItsRowsAreRead() throws IOException {
        fuzz("store.json");
    }

    @Test
    void aDamagedSegmentIsRefusedOrAllOfItsRowsAreRead() throws IOException {
        fuzz("index.0");
    }

    private void fuzz(String name) throws IOException {
        Path file = folder.resolve(name);
        List<byte[]> seeds = new ArrayList<>(List.of(Files.readAllBytes(file)));
        Fuzzing.of(name, IOException.class).run(seeds, damaged -> {
            Files.write(file, damaged);
            try (TokenStore store = TokenStore.open(folder, KEY, true)) {
                for (long row = 0; row < store.size(); row++) {
                    store.document(row).token(store.length(row) - 1);
                    store.targetStart(row);
                }
            }
        });
    }
}
