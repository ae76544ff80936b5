package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.StoppedException;
import java.nio.LongBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchRingTest {
    private static Batch batch(int number) {
        int length = 2 + number % 7;
        return Batch.of(List.of(new Example(IntStream.range(0, length).map(i -> number).toArray(), 1)));
    }

    private static Iterator<Batch> numbered(int count) {
        return IntStream.range(0, count).mapToObj(BatchRingTest::batch).iterator();
    }

    private static LongBuffer slot() {
        return BatchSlot.allocate(1, 8);
    }

    private static long ringThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("ballast-batches-")).count();
    }

    @Test
    void batchesComeInOrderFromManyThreads() {
        try (BatchRing ring = new BatchRing(numbered(5000), 6, 3, BatchRingTest::slot)) {
            for (int number = 0; number < 5000; number++) {
                BatchRing.Slot slot = ring.take();
                assertEquals(1 + number % 7, slot.batch().length());
                for (int at = 0; at < 2 * slot.batch().length(); at++) {
                    assertEquals(number, slot.buffer().get(at));
                }
                ring.release(slot);
            }
            assertNull(ring.take());
            assertNull(ring.take());
        }
        assertEquals(0, ringThreads());
    }

    @Test
    void aSlotThatIsHeldIsNotOverwritten() {
        try (BatchRing ring = new BatchRing(numbered(100), 4, 2, BatchRingTest::slot)) {
            BatchRing.Slot held = ring.take();
            for (int number = 1; number < 100; number++) {
                BatchRing.Slot next = ring.take();
                assertNotSame(held.buffer(), next.buffer());
                ring.release(next);
            }
            assertEquals(0, held.buffer().get(0));
        }
    }

    @Test
    void theRingFillsAheadWithoutBeingAsked() throws InterruptedException {
        CountDownLatch planned = new CountDownLatch(3);
        Iterator<Batch> batches = Stream.generate(() -> {
            planned.countDown();
            return batch(1);
        }).iterator();
        try (BatchRing ring = new BatchRing(batches, 3, 1, BatchRingTest::slot)) {
            assertTrue(planned.await(10, TimeUnit.SECONDS));
            ring.release(ring.take());
        }
    }

    @Test
    void takingMoreThanThereAreSlotsIsRefused() {
        try (BatchRing ring = new BatchRing(numbered(100), 2, 1, BatchRingTest::slot)) {
            ring.take();
            ring.take();
            String message = assertThrows(IllegalStateException.class, ring::take).getMessage();
            assertTrue(message.contains("All 2 slots are taken"), message);
        }
    }

    @Test
    void releasingTwiceOrAForeignSlotIsRefused() {
        try (BatchRing ring = new BatchRing(numbered(100), 2, 1, BatchRingTest::slot)) {
            BatchRing.Slot slot = ring.take();
            ring.release(slot);
            assertThrows(IllegalStateException.class, () -> ring.release(slot));
            assertThrows(IllegalStateException.class, () -> ring.release(new BatchRing.Slot(slot(), batch(1))));
        }
    }

    @RepeatedTest(200)
    void whatAFillingThreadThrowsReachesTheConsumerAfterTheBatchesBeforeIt() {
        InvalidInputException wrong = new InvalidInputException("row 3 is wrong");
        Iterator<Batch> batches = IntStream.range(0, 10).mapToObj(number -> {
            if (number == 3) {
                throw wrong;
            }
            return batch(number);
        }).iterator();
        try (BatchRing ring = new BatchRing(batches, 3, 2, BatchRingTest::slot)) {
            for (int i = 0; i < 3; i++) {
                ring.release(ring.take());
            }
            assertSame(wrong, assertThrows(InvalidInputException.class, ring::take));
            assertSame(wrong, assertThrows(InvalidInputException.class, ring::take));
        }
    }

    @Test
    void aSlotTooSmallForABatchReachesTheConsumer() {
        try (BatchRing ring = new BatchRing(numbered(10), 3, 1, () -> BatchSlot.allocate(1, 2))) {
            ring.release(ring.take());
            ring.release(ring.take());
            assertTrue(assertThrows(IllegalArgumentException.class, ring::take).getMessage().contains("holds 8 elements"));
        }
    }

    @Test
    void waitingIsMeasured() {
        Iterator<Batch> slow = Stream.generate(() -> {
            sleep(30);
            return batch(1);
        }).iterator();
        try (BatchRing ring = new BatchRing(slow, 2, 1, BatchRingTest::slot)) {
            for (int i = 0; i < 5; i++) {
                ring.release(ring.take());
            }
            assertTrue(ring.waitedNanos() > TimeUnit.MILLISECONDS.toNanos(60), () -> ring.waitedNanos() + " ns");
        }
    }

    @Test
    void closingStopsTheThreadsAndMayBeDoneTwice() {
        BatchRing ring = new BatchRing(numbered(1_000_000), 2, 2, BatchRingTest::slot);
        BatchRing.Slot slot = ring.take();
        ring.close();
        ring.close();
        assertEquals(0, ringThreads());
        assertThrows(IllegalStateException.class, ring::take);
        assertEquals(0, slot.buffer().get(0));
    }

    @Test
    void anInterruptStopsTheWaitingAndStaysVisible() {
        Iterator<Batch> slow = Stream.generate(() -> {
            sleep(300);
            return batch(1);
        }).iterator();
        try (BatchRing ring = new BatchRing(slow, 2, 1, BatchRingTest::slot)) {
            Thread.currentThread().interrupt();
            assertThrows(StoppedException.class, ring::take);
            assertTrue(Thread.interrupted());
        }
        assertFalse(Thread.currentThread().isInterrupted());
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
