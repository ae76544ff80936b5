package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreCacheTest {
    private static final int SEGMENT_INTS = 64;
    private static final String KEY = "key";

    @TempDir
    private Path folder;

    private static List<Example> examples(int count) {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(2 + random.nextInt(40), 0, 32_000).toArray();
            examples.add(new Example(ids, 1 + random.nextInt(ids.length - 1), random.nextInt(3)));
        }
        return examples;
    }

    private StoreCache cache() {
        return new StoreCache(folder.resolve("cache"), SEGMENT_INTS);
    }

    private TokenStore get(List<Example> examples) {
        return cache().get(KEY, writer -> {
            for (Example example : examples) {
                writer.add(example);
            }
        });
    }

    private static void assertHolds(List<Example> examples, TokenStore store) {
        assertEquals(examples.size(), store.size());
        for (int row = 0; row < examples.size(); row++) {
            Example expected = examples.get(row);
            int[] ids = new int[store.length(row)];
            store.ids(row).get(ids);
            assertArrayEquals(expected.ids(), ids);
            Document document = store.document(row);
            assertEquals(expected.targetStart(), document.targetStart());
            assertEquals(expected.length(), document.length());
            assertEquals(expected.token(expected.length() - 1), document.token(document.length() - 1));
        }
    }

    /** Names of other files, promises of other sizes, and what is no manifest; the first four were found by fuzzing. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"statistics\" | \"other\"", "\"rows\": 20 | \"rows\": 1152921504606846976",
        "\"segmentInts\": 64 | \"segmentInts\": 0", "\"segmentInts\": 64 | \"segmentInts\": 60",
        "\"index.0\" | \"../other/index.0\"", "\"tokens.0\" | \"/etc/passwd\"", "\"rows\": 20 | \"rows\": 19"})
    void aStoreWhoseManifestContradictsItsFilesIsMadeAnew(String old, String changed) throws IOException {
        List<Example> examples = examples(20).stream().filter(each -> each.targets() > 0).toList();
        assertEquals(20, examples.size());
        get(examples).close();
        Path manifest = folder.resolve("cache").resolve(KEY).resolve("store.json");
        String text = Files.readString(manifest);
        assertTrue(text.contains(old), text);
        Files.writeString(manifest, text.replace(old, changed));
        try (TokenStore store = get(examples)) {
            assertFalse(store.reused());
            assertHolds(examples, store);
        }
    }

    @Test
    void rowsComeBackFromManySegments() throws IOException {
        List<Example> examples = examples(500);
        try (TokenStore store = get(examples)) {
            assertHolds(examples, store);
            assertFalse(store.reused());
        }
        try (Stream<Path> files = Files.list(folder.resolve("cache").resolve(KEY))) {
            assertTrue(files.count() > 100, "the test wants many segments");
        }
        try (TokenStore store = get(List.of())) {
            assertHolds(examples, store);
            assertTrue(store.reused());
        }
    }

    @Test
    void statisticsCountRowsTokensTargetsAndWhatWasCut() {
        List<Example> examples = List.of(new Example(new int[] {1, 2, 3}, 1), new Example(new int[] {1, 2, 3, 4}, 3, 6),
                new Example(new int[] {1}, 1));
        try (TokenStore store = get(examples)) {
            assertEquals(new DataStatistics(2, 7, 3, 1, 6, 1, 0, 4), store.statistics());
            assertEquals(2, store.size());
        }
    }

    @Test
    void rowsLargerThanTheWritersBlockComeBack() {
        int[] ids = new Random(1).ints(700_000).toArray();
        List<Example> examples = List.of(new Example(new int[] {7, 8}, 1), new Example(ids, 5));
        StoreCache cache = new StoreCache(folder, 1 << 20);
        try (TokenStore store = cache.get(KEY, writer -> {
            writer.add(examples.get(0));
            writer.add(examples.get(1));
        })) {
            assertHolds(examples, store);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens.0", "tokens.3", "index.1", "store.json"})
    void aDamagedStoreIsMadeAnew(String name) throws IOException {
        List<Example> examples = examples(50);
        get(examples).close();
        Path file = folder.resolve("cache").resolve(KEY).resolve(name);
        long size = Files.size(file);
        try (RandomAccessFile damaged = new RandomAccessFile(file.toFile(), "rw")) {
            damaged.seek(size / 2);
            damaged.write(damaged.read() ^ 1);
            damaged.seek(size / 2);
            damaged.write('#');
        }
        assertMadeAnew(examples);
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(size / 2);
        }
        assertMadeAnew(examples);
        Files.delete(file);
        assertMadeAnew(examples);
    }

    private void assertMadeAnew(List<Example> examples) {
        try (TokenStore store = get(examples)) {
            assertFalse(store.reused());
            assertHolds(examples, store);
        }
        try (TokenStore store = get(List.of())) {
            assertTrue(store.reused());
        }
    }

    @Test
    void aFailedSourceLeavesNothing() throws IOException {
        assertThrows(InvalidInputException.class, () -> cache().get(KEY, writer -> {
            writer.add(examples(1).get(0));
            throw new InvalidInputException("broken row");
        }));
        try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void aStoreThatAnotherProcessFinishedFirstIsTaken() {
        List<Example> examples = examples(20);
        try (TokenStore store = cache().get(KEY, writer -> {
            get(examples).close();
            for (Example example : examples) {
                writer.add(example);
            }
        })) {
            assertHolds(examples, store);
        }
    }

    @Test
    void whatAKilledProcessLeftIsDeletedAfterADay() throws IOException {
        Path old = Files.createDirectories(folder.resolve("cache/other.partial-1"));
        Path young = Files.createDirectories(folder.resolve("cache/other.partial-2"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        get(examples(1)).close();
        assertFalse(Files.exists(old));
        assertTrue(Files.exists(young));
    }

    @Test
    void aCacheThatCannotBeWrittenIsTheUsersToChange() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        StoreCache cache = new StoreCache(file.resolve("cache"), SEGMENT_INTS);
        String message = assertThrows(InvalidInputException.class, () -> cache.get(KEY, writer -> { })).getMessage();
        assertTrue(message.contains(file.toString()), message);
    }

    @Test
    void afterCloseCallsAreRefusedAndLentRowsStayReadable() {
        List<Example> examples = examples(3);
        TokenStore store = get(examples);
        Document lent = store.document(1);
        store.close();
        store.close();
        assertThrows(IllegalStateException.class, () -> store.document(0));
        assertEquals(examples.get(1).token(0), lent.token(0));
    }

    @Test
    void rowsOutsideAreRefused() {
        try (TokenStore store = get(examples(3))) {
            assertThrows(IndexOutOfBoundsException.class, () -> store.document(3));
            assertThrows(IndexOutOfBoundsException.class, () -> store.length(-1));
        }
    }
}
