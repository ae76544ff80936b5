package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchPlanTest {
    private static final int MAX_LENGTH = 48;
    private static final int BATCH_SIZE = 4;

    @TempDir
    private Path folder;

    /** Rows whose second token is their number, so that they can be told apart in a slot. */
    private TokenStore store(int rows, int firstNumber) {
        Random random = new Random(rows);
        StoreCache cache = new StoreCache(folder, 1 << 12);
        return cache.get("rows" + rows + "from" + firstNumber, writer -> {
            for (int row = 0; row < rows; row++) {
                int length = 3 + random.nextInt(random.nextInt(4) == 0 ? MAX_LENGTH - 2 : 12);
                int[] ids = random.ints(length, 1_000_000, 2_000_000).toArray();
                ids[1] = firstNumber + row;
                writer.add(new Example(ids, 1 + random.nextInt(length - 1)));
            }
        });
    }

    private static BatchPlan plan(List<TokenStore> stores, List<Double> weights, long seed, boolean packing) {
        return new BatchPlan(new EpochOrder(stores, weights, seed), seed, BATCH_SIZE, MAX_LENGTH, packing);
    }

    private static BatchPlan plan(TokenStore store, long seed, boolean packing) {
        return plan(List.of(store), List.of(1.0), seed, packing);
    }

    private static List<Integer> numbers(Batch batch) {
        return IntStream.range(0, batch.rows()).boxed().flatMap(row -> batch.documents(row).stream())
                .map(document -> document.token(1)).toList();
    }

    private static List<Integer> epochNumbers(BatchPlan plan) {
        List<Integer> numbers = new ArrayList<>();
        while (numbers.size() < plan.rowsPerEpoch()) {
            numbers.addAll(numbers(plan.next()));
        }
        return numbers;
    }

    private static TreeMap<Integer, Integer> counts(List<Integer> numbers) {
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        numbers.forEach(number -> counts.merge(number, 1, Integer::sum));
        return counts;
    }

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "4, false", "257, false", "1000, false", "1, true", "4, true", "257, true",
        "3000, true"})
    void everyRowStandsOnceInEachEpoch(int rows, boolean packing) {
        try (TokenStore store = store(rows, 0)) {
            BatchPlan plan = plan(store, 7, packing);
            List<List<Integer>> epochs = new ArrayList<>();
            for (int epoch = 0; epoch < 3; epoch++) {
                epochs.add(epochNumbers(plan));
                assertEquals(epoch, plan.epoch());
                assertEquals(IntStream.range(0, rows).boxed().toList(), epochs.get(epoch).stream().sorted().toList());
            }
            if (rows > 4) {
                assertNotEquals(epochs.get(0), epochs.get(1));
                assertNotEquals(epochs.get(1), epochs.get(2));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theSeedDecidesToTheBit(boolean packing) {
        try (TokenStore store = store(700, 0)) {
            long[] first = slots(plan(store, 7, packing), 300);
            assertArrayEquals(first, slots(plan(store, 7, packing), 300));
            assertFalse(java.util.Arrays.equals(first, slots(plan(store, 8, packing), 300)));
        }
    }

    private static long[] slots(BatchPlan plan, int batches) {
        LongBuffer slot = plan.allocateSlot();
        LongStream.Builder content = LongStream.builder();
        for (int i = 0; i < batches; i++) {
            Batch batch = plan.next();
            batch.fill(slot);
            IntStream.range(0, BatchSlot.elements(batch.rows(), batch.length())).forEach(at -> content.add(slot.get(at)));
        }
        return content.build().toArray();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void skippingGoesOnWhereARunEnded(boolean packing) {
        try (TokenStore store = store(700, 0)) {
            BatchPlan whole = plan(store, 7, packing);
            BatchPlan resumed = plan(store, 7, packing);
            whole.skip(0);
            for (int i = 0; i < 333; i++) {
                whole.next();
            }
            resumed.skip(333);
            assertEquals(333, resumed.index());
            for (int i = 0; i < 50; i++) {
                assertEquals(numbers(whole.next()), numbers(resumed.next()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anEpochHasAsManyBatchesAsItSays(boolean packing) {
        try (TokenStore store = store(701, 0)) {
            BatchPlan plan = plan(store, 7, packing);
            long batches = plan.batchesPerEpoch();
            assertEquals(0, plan.index());
            plan.skip(batches);
            assertEquals(0, plan.epoch());
            plan.next();
            assertEquals(1, plan.epoch());
            if (!packing) {
                assertEquals((701 + BATCH_SIZE - 1) / BATCH_SIZE, batches);
            }
        }
    }

    @Test
    void onlyTheLastBatchOfAnEpochIsSmaller() {
        try (TokenStore store = store(3001, 0)) {
            for (boolean packing : new boolean[] {false, true}) {
                BatchPlan plan = plan(store, 7, packing);
                long batches = plan.batchesPerEpoch();
                long small = LongStream.range(0, batches).filter(i -> plan.next().rows() < BATCH_SIZE).count();
                assertTrue(small <= 1, () -> small + " small batches, packing " + packing);
            }
        }
    }

    @Test
    void bucketsWithinWindowsSpareMostPadding() {
        try (TokenStore store = store(4000, 0)) {
            double shuffled = padding(shuffledOnly(store));
            double bucketed = padding(batches(plan(store, 7, false)));
            double packed = packedEmptiness(batches(plan(store, 7, true)));
            assertTrue(bucketed < 0.4 * shuffled, () -> "bucketed " + bucketed + ", without it " + shuffled);
            assertTrue(shuffled > 0.4);
            assertTrue(packed < 0.02, () -> "packed " + packed);
        }
    }

    private static List<Batch> batches(BatchPlan plan) {
        return LongStream.range(0, plan.batchesPerEpoch()).mapToObj(i -> plan.next()).toList();
    }

    private static List<Batch> shuffledOnly(TokenStore store) {
        List<Document> documents = new ArrayList<>();
        LongStream.range(0, store.size()).forEach(row -> documents.add(store.document(row)));
        Collections.shuffle(documents, new Random(1));
        return IntStream.range(0, documents.size() / BATCH_SIZE)
                .mapToObj(i -> Batch.of(documents.subList(i * BATCH_SIZE, (i + 1) * BATCH_SIZE))).toList();
    }

    private static double padding(List<Batch> batches) {
        long read = batches.stream().mapToLong(Batch::tokens).sum();
        long all = batches.stream().mapToLong(batch -> (long) batch.rows() * batch.length()).sum();
        return 1 - (double) read / all;
    }

    private static double packedEmptiness(List<Batch> batches) {
        long read = batches.stream().mapToLong(Batch::tokens).sum();
        return 1 - (double) read / batches.stream().mapToLong(batch -> (long) batch.rows() * MAX_LENGTH).sum();
    }

    @Test
    void batchesOfAWindowComeInMixedOrder() {
        try (TokenStore store = store(256, 0)) {
            BatchPlan plan = plan(store, 7, false);
            List<Integer> lengths = IntStream.range(0, 64).map(i -> plan.next().length()).boxed().toList();
            assertNotEquals(lengths.stream().sorted().toList(), lengths);
        }
    }

    @Test
    void packedRowsHoldEachDocumentWhole() {
        try (TokenStore store = store(900, 0)) {
            BatchPlan plan = plan(store, 7, true);
            LongBuffer slot = plan.allocateSlot();
            List<Integer> seen = new ArrayList<>();
            long batches = plan.batchesPerEpoch();
            for (long i = 0; i < batches; i++) {
                Batch batch = plan.next();
                assertTrue(batch.length() <= MAX_LENGTH);
                batch.fill(slot);
                readBack(batch, slot, store, seen);
            }
            assertEquals(IntStream.range(0, 900).boxed().toList(), seen.stream().sorted().toList());
        }
    }

    /** Finds the documents by segments alone and compares them with the store. */
    private static void readBack(Batch batch, LongBuffer slot, TokenStore store, List<Integer> seen) {
        int plane = batch.rows() * batch.length();
        long targets = 0;
        int at = 0;
        while (at < plane) {
            long segment = slot.get(BatchSlot.SEGMENTS * plane + at);
            if (segment == 0) {
                assertEquals(BatchSlot.NOT_SCORED, slot.get(BatchSlot.TARGETS * plane + at));
                at++;
                continue;
            }
            int number = (int) slot.get(at + 1);
            seen.add(number);
            int length = store.length(number);
            for (int position = 0; position < length - 1; position++, at++) {
                assertEquals(segment, slot.get(BatchSlot.SEGMENTS * plane + at));
                assertEquals(position, slot.get(BatchSlot.POSITIONS * plane + at));
                assertEquals(store.ids(number).get(position), slot.get(BatchSlot.IDS * plane + at));
                boolean learned = position + 1 >= store.targetStart(number);
                assertEquals(learned ? store.ids(number).get(position + 1) : BatchSlot.NOT_SCORED,
                        slot.get(BatchSlot.TARGETS * plane + at));
                targets += learned ? 1 : 0;
            }
        }
        assertEquals(targets, batch.targets());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void weightsAreHowOftenARowStandsInAnEpoch(boolean packing) {
        try (TokenStore thrice = store(40, 0); TokenStore once = store(50, 1000); TokenStore share = store(60, 2000)) {
            BatchPlan plan = plan(List.of(thrice, once, share), List.of(2.25, 1.0, 0.1), 7, packing);
            assertEquals(2 * 40 + 10 + 50 + 6, plan.rowsPerEpoch());
            TreeMap<Integer, Integer> first = counts(epochNumbers(plan));
            TreeMap<Integer, Integer> second = counts(epochNumbers(plan));
            assertEquals(40, first.subMap(0, 1000).size());
            assertEquals(10, first.subMap(0, 1000).values().stream().filter(count -> count == 3).count());
            assertEquals(30, first.subMap(0, 1000).values().stream().filter(count -> count == 2).count());
            assertEquals(Collections.nCopies(50, 1), List.copyOf(first.subMap(1000, 2000).values()));
            assertEquals(Collections.nCopies(6, 1), List.copyOf(first.tailMap(2000).values()));
            assertNotEquals(first.tailMap(2000).keySet(), second.tailMap(2000).keySet());
        }
    }
}
