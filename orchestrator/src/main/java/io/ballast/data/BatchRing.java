package io.ballast.data;

import io.ballast.StoppedException;
import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A few direct buffers that threads of the ring fill with the next batches while the consumer uses the current
 * one. Batches come out in the order in which they are planned, whichever thread filled them. {@link #take},
 * {@link #release} and {@link #close} are for one consumer.
 */
public final class BatchRing implements AutoCloseable {
    /** Guards the iterator and the numbers it deals out. The consumer never waits for it: planning takes time. */
    private final Object planning = new Object();
    private final Iterator<Batch> batches;
    private long planned;
    /** Guards all that follows. It is never held while anything is planned or filled. */
    private final Object lock = new Object();
    private final int slots;
    private final Deque<LongBuffer> free = new ArrayDeque<>();
    private final Map<Long, Slot> filled = new HashMap<>();
    private final List<Slot> lent = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private long taken;
    private long waitedNanos;
    /** How many batches there are, once that is known. */
    private long end = Long.MAX_VALUE;
    /** Why the batch with the number {@code failedAt} will never be there; of several, the first in order. */
    private Throwable failure;
    private long failedAt = Long.MAX_VALUE;
    private boolean closed;

    /**
     * A buffer with a batch in it. It belongs to the consumer until it is released, and to the ring afterwards.
     *
     * @param buffer the four planes of {@link BatchSlot}
     * @param batch  what stands in it
     */
    public record Slot(LongBuffer buffer, Batch batch) {
    }

    /**
     * Starts filling at once.
     *
     * @param batches  what to fill in; from now on the ring's
     * @param slots    how many buffers: at least one more than the consumer holds at a time
     * @param threads  how many threads fill them
     * @param allocate makes a buffer with room for every batch, such as {@link BatchPlan#allocateSlot}
     */
    public BatchRing(Iterator<Batch> batches, int slots, int threads, Supplier<LongBuffer> allocate) {
        this.batches = batches;
        this.slots = slots;
        for (int i = 0; i < slots; i++) {
            free.add(allocate.get());
        }
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(this::fill, "ballast-batches-" + i);
            thread.setDaemon(true);
            this.threads.add(thread);
            thread.start();
        }
    }

    /**
     * Takes the next batch, waiting until it is filled.
     *
     * @return a slot to be released, or null after the last batch
     * @throws StoppedException if the thread is interrupted while it waits
     */
    public Slot take() {
        long start = System.nanoTime();
        synchronized (lock) {
            try {
                Slot slot = awaitNext();
                if (slot != null) {
                    taken++;
                    lent.add(slot);
                }
                return slot;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new StoppedException("Stopped while waiting for a batch");
            } finally {
                waitedNanos += System.nanoTime() - start;
            }
        }
    }

    private Slot awaitNext() throws InterruptedException {
        while (true) {
            if (closed) {
                throw new IllegalStateException("The batch ring is closed");
            }
            Slot slot = filled.remove(taken);
            if (slot != null) {
                return slot;
            }
            if (taken >= failedAt) {
                throw rethrown(failure);
            }
            if (taken == end) {
                return null;
            }
            if (lent.size() == slots) {
                throw new IllegalStateException("All " + slots + " slots are taken: release one first");
            }
            lock.wait();
        }
    }

    private static RuntimeException rethrown(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return (RuntimeException) failure;
    }

    /**
     * Gives a slot back; its buffer will be overwritten.
     *
     * @param slot one that {@link #take} gave
     * @throws IllegalStateException if it is not lent
     */
    public void release(Slot slot) {
        synchronized (lock) {
            if (!lent.removeIf(candidate -> candidate == slot)) {
                throw new IllegalStateException("This slot is not lent: it has been released, or is another ring's");
            }
            free.add(slot.buffer());
            lock.notifyAll();
        }
    }

    /** @return nanoseconds that the consumer has spent in {@link #take}, waiting for data */
    public long waitedNanos() {
        synchronized (lock) {
            return waitedNanos;
        }
    }

    /** Stops the threads and waits for them. May be called twice; buffers that are lent stay readable. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            interrupted |= join(thread);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a thread in any case: it may still write to a buffer. Tells whether it was interrupted. */
    private static boolean join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    private void fill() {
        try {
            while (fillOne()) {
                // until nothing is left to fill, or the ring is closed
            }
        } catch (InterruptedException nobodyInterruptsTheseThreads) {
            fail(0, new IllegalStateException("A filling thread was interrupted", nobodyInterruptsTheseThreads));
        }
    }

    private boolean fillOne() throws InterruptedException {
        LongBuffer buffer = awaitFree();
        if (buffer == null) {
            return false;
        }
        Batch batch;
        long number;
        synchronized (planning) {
            number = planned;
            batch = plan(number);
            if (batch == null) {
                return false;
            }
            planned++;
        }
        try {
            batch.fill(buffer);
        } catch (RuntimeException | Error failed) {
            fail(number, failed);
            return false;
        }
        synchronized (lock) {
            filled.put(number, new Slot(buffer, batch));
            lock.notifyAll();
        }
        return true;
    }

    /** The next batch, or null where there is none. An iterator that has thrown is not asked again. */
    private Batch plan(long number) {
        synchronized (lock) {
            if (over()) {
                return null;
            }
        }
        try {
            if (batches.hasNext()) {
                return batches.next();
            }
            finish(number);
        } catch (RuntimeException | Error failed) {
            fail(number, failed);
        }
        return null;
    }

    private void fail(long number, Throwable reason) {
        synchronized (lock) {
            if (number < failedAt) {
                failedAt = number;
                failure = reason;
            }
            lock.notifyAll();
        }
    }

    private void finish(long number) {
        synchronized (lock) {
            end = number;
            lock.notifyAll();
        }
    }

    /** A buffer to fill, or null when there is nothing more to do. */
    private LongBuffer awaitFree() throws InterruptedException {
        synchronized (lock) {
            while (free.isEmpty() && !over()) {
                lock.wait();
            }
            return over() ? null : free.remove();
        }
    }

    private boolean over() {
        return closed || failure != null || end < Long.MAX_VALUE;
    }
}
