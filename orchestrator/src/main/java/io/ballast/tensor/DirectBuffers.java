package io.ballast.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/** Direct buffers in native byte order, which both languages read where they lie. */
public final class DirectBuffers {
    private DirectBuffers() {
    }

    /**
     * Makes a buffer.
     *
     * @param elements how many numbers
     * @return all 0
     */
    public static LongBuffer longs(int elements) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(elements, Long.BYTES)).order(ByteOrder.nativeOrder())
                .asLongBuffer();
    }

    /**
     * A buffer as it is where both languages can read it, else a copy.
     *
     * @param buffer   numbers from its start on; its position does not matter
     * @param elements how many are needed
     * @return direct, in native byte order
     * @throws IllegalArgumentException when there are fewer
     */
    public static LongBuffer of(LongBuffer buffer, int elements) {
        if (buffer.limit() < elements) {
            throw new IllegalArgumentException("Expected a buffer of at least " + elements + " numbers (rows × length);"
                    + " found " + buffer.limit() + ".");
        }
        return buffer.isDirect() && buffer.order() == ByteOrder.nativeOrder() ? buffer
                : longs(elements).put(0, buffer, 0, elements);
    }
}
