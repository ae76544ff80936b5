package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchTest {
    private static final Example TEXT = new Example(new int[] {1, 11, 12, 13}, 1);
    private static final Example COMPLETION = new Example(new int[] {1, 21, 22, 23, 2}, 3);

    private static long[] plane(LongBuffer slot, Batch batch, int plane) {
        long[] values = new long[batch.rows() * batch.length()];
        slot.get(plane * values.length, values);
        return values;
    }

    private static LongBuffer dirtySlot(int rows, int length) {
        LongBuffer slot = BatchSlot.allocate(rows, length);
        for (int i = 0; i < slot.capacity(); i++) {
            slot.put(i, 999);
        }
        return slot;
    }

    @Test
    void targetsAreShiftedAndPaddingIsMarked() {
        Batch batch = Batch.of(List.of(TEXT, COMPLETION));
        assertEquals(4, batch.length());
        assertEquals(5, batch.targets());
        assertEquals(7, batch.tokens());
        assertFalse(batch.packed());
        LongBuffer slot = dirtySlot(3, 9);
        batch.fill(slot);
        assertArrayEquals(new long[] {1, 11, 12, 0, 1, 21, 22, 23}, plane(slot, batch, BatchSlot.IDS));
        assertArrayEquals(new long[] {11, 12, 13, -100, -100, -100, 23, 2}, plane(slot, batch, BatchSlot.TARGETS));
        assertArrayEquals(new long[] {0, 1, 2, 0, 0, 1, 2, 3}, plane(slot, batch, BatchSlot.POSITIONS));
        assertArrayEquals(new long[] {1, 1, 1, 0, 1, 1, 1, 1}, plane(slot, batch, BatchSlot.SEGMENTS));
        assertEquals(999, slot.get(BatchSlot.elements(2, 4)));
    }

    @Test
    void packedRowsKeepDocumentsApart() {
        Batch batch = Batch.packed(List.of(List.of(COMPLETION, TEXT), List.of(TEXT)));
        assertTrue(batch.packed());
        LongBuffer slot = dirtySlot(2, 7);
        batch.fill(slot);
        assertArrayEquals(new long[] {1, 21, 22, 23, 1, 11, 12, 1, 11, 12, 0, 0, 0, 0},
                plane(slot, batch, BatchSlot.IDS));
        assertArrayEquals(new long[] {-100, -100, 23, 2, 11, 12, 13, 11, 12, 13, -100, -100, -100, -100},
                plane(slot, batch, BatchSlot.TARGETS));
        assertArrayEquals(new long[] {0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 0, 0, 0, 0},
                plane(slot, batch, BatchSlot.POSITIONS));
        assertArrayEquals(new long[] {1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0}, plane(slot, batch, BatchSlot.SEGMENTS));
    }

    @Test
    void theFirstDocumentsAreThoseOfTheFirstRowsAndOfAPartOfTheNext() {
        Batch batch = Batch.packed(List.of(List.of(COMPLETION, TEXT), List.of(TEXT, COMPLETION, TEXT)));
        assertEquals(5, batch.documents());
        Batch first = batch.first(3);
        assertEquals(List.of(COMPLETION, TEXT), first.documents(0));
        assertEquals(List.of(TEXT), first.documents(1));
        assertEquals(3, first.documents());
        assertEquals(7, first.length());
        assertEquals(1, batch.first(2).rows());
        assertFalse(batch.first(1).packed());
        assertSame(batch, batch.first(5));
    }

    @Test
    void theSlotsPositionAndLimitAreLeftAlone() {
        LongBuffer slot = dirtySlot(2, 4).position(3).limit(5);
        Batch.of(List.of(TEXT, COMPLETION)).fill(slot);
        assertEquals(3, slot.position());
        assertEquals(5, slot.limit());
        assertEquals(1, slot.get(0));
    }

    @Test
    void aSlotOnTheHeapOfTheWrongOrderReadOnlyOrTooSmallIsRefused() {
        Batch batch = Batch.of(List.of(TEXT));
        ByteOrder wrong = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN
                : ByteOrder.BIG_ENDIAN;
        assertRefused(batch, LongBuffer.allocate(100), "on the heap");
        assertRefused(batch, ByteBuffer.allocateDirect(800).order(wrong).asLongBuffer(), "byte order");
        assertRefused(batch, BatchSlot.allocate(1, 3).asReadOnlyBuffer(), "read-only");
        assertRefused(batch, BatchSlot.allocate(1, 2), "holds 8 elements; 4 planes of 1 rows of 3 need 12");
    }

    private static void assertRefused(Batch batch, LongBuffer slot, String why) {
        String message = assertThrows(IllegalArgumentException.class, () -> batch.fill(slot)).getMessage();
        assertTrue(message.contains(why), message);
    }

    @Test
    void nothingPredictsTheFirstToken() {
        assertThrows(IllegalArgumentException.class, () -> new Example(new int[] {1, 2}, 0));
        assertThrows(IllegalArgumentException.class, () -> Batch.of(List.of()));
    }
}
