package io.ballast.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * The memory layout in which a batch crosses to Python: a direct buffer of int64 in native byte order that
 * holds {@value #PLANES} planes of [rows, length], one after the other and without gaps:
 * <ol start="0">
 * <li>{@link #IDS}: the tokens that are read; {@link #PADDING_ID} on padding</li>
 * <li>{@link #TARGETS}: the token to be predicted after reading the token at this position, or
 *     {@link #NOT_SCORED}</li>
 * <li>{@link #POSITIONS}: 0, 1, 2… from the start of each document</li>
 * <li>{@link #SEGMENTS}: the number of the document in its row, from 1; 0 on padding</li>
 * </ol>
 * A buffer may be larger than the batch in it: what lies behind the four planes has no meaning.
 */
public final class BatchSlot {
    /** How many planes a slot has. */
    public static final int PLANES = 4;
    /** Plane of the tokens that are read. */
    public static final int IDS = 0;
    /** Plane of the tokens to be predicted. */
    public static final int TARGETS = 1;
    /** Plane of positions within a document. */
    public static final int POSITIONS = 2;
    /** Plane of document numbers. */
    public static final int SEGMENTS = 3;
    /** The target where nothing is scored: what torch's cross entropy ignores. */
    public static final long NOT_SCORED = -100;
    /** What stands in the plane of tokens on padding; any valid id would do, for nothing attends to it. */
    public static final long PADDING_ID = 0;

    private BatchSlot() {
    }

    /**
     * Counts what a batch occupies.
     *
     * @param rows   rows of the batch
     * @param length positions in each row
     * @return int64 elements of all planes
     */
    public static int elements(int rows, int length) {
        return Math.multiplyExact(PLANES, Math.multiplyExact(rows, length));
    }

    /**
     * Makes a slot. The memory is freed when the buffer is garbage.
     *
     * @param rows   most rows that will be put in it
     * @param length most positions in a row
     * @return a direct buffer in native byte order
     */
    public static LongBuffer allocate(int rows, int length) {
        int bytes = Math.multiplyExact(elements(rows, length), Long.BYTES);
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).asLongBuffer();
    }

    /**
     * Refuses a buffer that Python could not read as a batch.
     *
     * @param slot   the buffer to look at
     * @param rows   rows that shall be put in it
     * @param length positions in each row
     * @throws IllegalArgumentException if it is a heap buffer, read-only, not in native order or too small
     */
    public static void check(LongBuffer slot, int rows, int length) {
        if (!slot.isDirect()) {
            throw refused("is on the heap, where Python cannot see it");
        }
        if (slot.order() != ByteOrder.nativeOrder()) {
            throw refused("has byte order " + slot.order() + "; torch reads only " + ByteOrder.nativeOrder());
        }
        if (slot.isReadOnly()) {
            throw refused("is read-only");
        }
        if (slot.capacity() < elements(rows, length)) {
            throw refused("holds " + slot.capacity() + " elements; " + PLANES + " planes of " + rows
                    + " rows of " + length + " need " + elements(rows, length));
        }
    }

    private static IllegalArgumentException refused(String why) {
        return new IllegalArgumentException("The batch slot " + why
                + ". Make slots with BatchSlot.allocate(rows, length).");
    }
}
