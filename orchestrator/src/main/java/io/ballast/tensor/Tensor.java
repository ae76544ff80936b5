package io.ballast.tensor;

import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/**
 * A tensor in memory that Python allocated, read where it lies: shape, dtype and read-only buffers, row after row, in
 * native byte order.
 *
 * <p>Owner: Python. Lifetime: Python keeps the memory until this tensor is closed or was collected <em>and</em> every
 * buffer that it gave was collected. So a buffer stays readable after {@link #close()}, after the model was closed and
 * after {@code Ballast} was; only new ones are refused then. What a parameter's buffer shows is the model's own memory:
 * it changes while the model is trained.
 *
 * <p>Many threads may use one tensor.
 */
public final class Tensor implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create(work -> {
        Thread thread = new Thread(work, "ballast-tensors");
        thread.setDaemon(true);
        return thread;
    });

    private final String name;
    private final DType dtype;
    private final long[] shape;
    private final long address;
    private final long bytes;
    private final Loan loan;
    private final Cleaner.Cleanable cleanable;
    private volatile boolean closed;

    /** What Python lent: given back by the last of those that hold it, this tensor and its buffers. */
    private static final class Loan {
        private final AtomicInteger holders = new AtomicInteger();
        private final Runnable giveBack;

        Loan(Runnable giveBack) {
            this.giveBack = giveBack;
        }

        /** @param holder given back when it was collected; what is returned must not refer to it */
        Cleaner.Cleanable heldBy(Object holder) {
            holders.incrementAndGet();
            return CLEANER.register(holder, this::letGo);
        }

        private void letGo() {
            if (holders.decrementAndGet() == 0) {
                giveBack.run();
            }
        }
    }

    private Tensor(String name, DType dtype, long[] shape, long address, long bytes, Runnable giveBack) {
        this.name = name;
        this.dtype = dtype;
        this.shape = shape;
        this.address = address;
        this.bytes = bytes;
        this.loan = new Loan(giveBack);
        this.cleanable = loan.heldBy(this);
    }

    /**
     * A tensor that Python lent.
     *
     * @param name     what messages call it
     * @param dtype    as PyTorch spells it
     * @param shape    its sizes
     * @param address  of its first byte; contiguous
     * @param bytes    how many
     * @param giveBack is called once, on any thread, when nobody can read the memory any more
     * @return the tensor
     */
    public static Tensor lent(String name, String dtype, long[] shape, long address, long bytes, Runnable giveBack) {
        return new Tensor(name, DType.of(dtype), shape.clone(), address, bytes, giveBack);
    }

    /** @return what it is called: a parameter's name, logits, … */
    public String name() {
        return name;
    }

    /** @return what its numbers are */
    public DType dtype() {
        return dtype;
    }

    /** @return its sizes; none for a single number */
    public long[] shape() {
        return shape.clone();
    }

    /** @return how many numbers it has */
    public long elements() {
        return LongStream.of(shape).reduce(1, Math::multiplyExact);
    }

    /** @return its size in bytes */
    public long byteSize() {
        return bytes;
    }

    /**
     * Part of its memory.
     *
     * @param offset of the first byte
     * @param length how many bytes
     * @return a read-only direct buffer in native byte order
     * @throws IndexOutOfBoundsException when the part is not inside the tensor
     * @throws IllegalStateException     when the tensor is closed
     */
    public ByteBuffer bytes(long offset, int length) {
        if (offset < 0 || length < 0 || offset > bytes - length) {
            throw new IndexOutOfBoundsException("Expected a part of the " + bytes + " bytes of " + name + "; found "
                    + length + " from " + offset + " on.");
        }
        synchronized (loan) { // not while close() gives the memory back
            checkOpen();
            ByteBuffer memory = length == 0 ? ByteBuffer.allocateDirect(0)
                    : new Pointer(address).getByteBuffer(offset, length);
            loan.heldBy(memory); // every buffer that is made of it refers to it
            return memory.asReadOnlyBuffer().order(ByteOrder.nativeOrder());
        }
    }

    /**
     * All its memory.
     *
     * @return a read-only direct buffer in native byte order
     * @throws IllegalStateException when the tensor is closed, or larger than a buffer can be (2 GiB): read it in parts
     */
    public ByteBuffer bytes() {
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalStateException("Expected at most " + Integer.MAX_VALUE + " bytes, which a buffer can hold;"
                    + " found " + bytes + " in " + name + ". Read it in parts: bytes(offset, length).");
        }
        return bytes(0, (int) bytes);
    }

    /**
     * All its numbers.
     *
     * @return a read-only view of {@link #bytes()}
     * @throws IllegalStateException when it is no tensor of float32, closed, or larger than a buffer can be
     */
    public FloatBuffer floats() {
        expect(DType.FLOAT32);
        return bytes().asFloatBuffer();
    }

    /**
     * All its numbers.
     *
     * @return a read-only view of {@link #bytes()}
     * @throws IllegalStateException when it is no tensor of int64, closed, or larger than a buffer can be
     */
    public LongBuffer longs() {
        expect(DType.INT64);
        return bytes().asLongBuffer();
    }

    private void expect(DType wanted) {
        if (dtype != wanted) {
            throw new IllegalStateException("Expected a tensor of " + wanted.torchName() + "; found " + name + " of "
                    + dtype.torchName() + ". Read its bytes().");
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The tensor " + name + " is closed and gives no more buffers.");
        }
    }

    /** Gives the memory back as soon as no buffer over it is left. May be called twice. */
    @Override
    public void close() {
        synchronized (loan) {
            closed = true;
            cleanable.clean();
        }
    }

    @Override
    public String toString() {
        return name + " " + Arrays.toString(shape) + " " + dtype.torchName();
    }
}
