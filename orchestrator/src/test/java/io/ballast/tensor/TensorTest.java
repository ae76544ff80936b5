package io.ballast.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TensorTest {
    private final AtomicInteger given = new AtomicInteger();
    private final Memory memory = new Memory(24);

    private Tensor tensor() {
        for (int i = 0; i < 6; i++) {
            memory.setFloat(i * 4L, i);
        }
        return Tensor.lent("x", "float32", new long[] {2, 3}, Pointer.nativeValue(memory), 24,
                given::incrementAndGet);
    }

    private void collect(int wanted) throws InterruptedException {
        for (int i = 0; i < 100 && given.get() < wanted; i++) {
            System.gc();
            Thread.sleep(10);
        }
    }

    @Test
    void itIsReadWhereItLies() {
        try (Tensor tensor = tensor()) {
            assertEquals(6, tensor.elements());
            assertEquals("x [2, 3] float32", tensor.toString());
            FloatBuffer numbers = tensor.floats();
            assertEquals(5, numbers.get(5));
            memory.setFloat(20, 7);
            assertEquals(7, numbers.get(5));
            assertTrue(numbers.isReadOnly() && numbers.isDirect());
            assertEquals(4, tensor.bytes(16, 4).asFloatBuffer().get(0));
        }
    }

    @Test
    void closedWithoutBuffersItIsGivenBackAtOnce() {
        Tensor tensor = tensor();
        tensor.close();
        tensor.close();
        assertEquals(1, given.get());
        assertThrows(IllegalStateException.class, tensor::bytes);
    }

    @Test
    void aBufferOfABufferKeepsTheMemory() throws InterruptedException {
        Tensor tensor = tensor();
        FloatBuffer part = tensor.bytes().slice(8, 8).order(ByteOrder.nativeOrder()).asFloatBuffer().duplicate();
        tensor.close();
        collect(1);
        assertEquals(0, given.get());
        assertEquals(3, part.get(1));
        Reference.reachabilityFence(part);
        part = null;
        collect(1);
        assertEquals(1, given.get());
    }

    @Test
    void aForgottenTensorIsGivenBack() throws InterruptedException {
        ByteBuffer numbers = tensor().bytes();
        collect(1);
        assertEquals(0, given.get());
        Reference.reachabilityFence(numbers);
        numbers = null;
        collect(1);
        assertEquals(1, given.get());
    }

    @Test
    void whatIsNotThereIsRefused() {
        try (Tensor tensor = tensor()) {
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.bytes(20, 5));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.bytes(-1, 5));
            assertTrue(assertThrows(IllegalStateException.class, tensor::longs).getMessage().contains("float32"));
            assertEquals(0, tensor.bytes(24, 0).remaining());
        }
    }
}
