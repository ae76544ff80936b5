package io.ballast.data;

import java.nio.LongBuffer;
import java.util.Iterator;

/**
 * An endless stream of micro-batches, epoch after epoch, that depends on the data and the seed alone. An epoch
 * has each row as often as its weight says; its last batch is kept though it may have fewer rows. For one thread
 * at a time.
 */
public final class BatchPlan implements Iterator<Batch> {
    private final EpochOrder order;
    private final long seed;
    private final int batchSize;
    private final int maxLength;
    private final boolean packing;
    private Iterator<Batch> current;
    private long epoch;
    private long index;

    BatchPlan(EpochOrder order, long seed, int batchSize, int maxLength, boolean packing) {
        this.order = order;
        this.seed = seed;
        this.batchSize = batchSize;
        this.maxLength = maxLength;
        this.packing = packing;
        this.current = batchesOf(0);
    }

    private Iterator<Batch> batchesOf(long number) {
        return packing ? new PackedEpoch(order, number, batchSize, maxLength)
                : new PaddedEpoch(order, seed, number, batchSize);
    }

    /** @return true: there is always another epoch */
    @Override
    public boolean hasNext() {
        return true;
    }

    @Override
    public Batch next() {
        if (!current.hasNext()) {
            current = batchesOf(++epoch);
        }
        index++;
        return current.next();
    }

    /**
     * One rank's rows of each batch, where several ranks train together: {@link Batch#share}.
     *
     * @param rank  which one, from 0
     * @param ranks how many there are
     * @return the shares of this plan's next batches; this plan itself where there is one rank
     */
    public Iterator<Batch> shares(int rank, int ranks) {
        if (ranks == 1) {
            return this;
        }
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return BatchPlan.this.hasNext();
            }

            @Override
            public Batch next() {
                return BatchPlan.this.next().share(rank, ranks);
            }
        };
    }

    /**
     * Leaves out batches, to go on where an earlier run ended.
     *
     * @param batches how many
     */
    public void skip(long batches) {
        for (long i = 0; i < batches; i++) {
            next();
        }
    }

    /** @return how many batches have been given or skipped */
    public long index() {
        return index;
    }

    /** @return the epoch of the latest batch, from 0 */
    public long epoch() {
        return epoch;
    }

    /** @return rows in an epoch, by the entries' weights */
    public long rowsPerEpoch() {
        return order.size();
    }

    /** @return batches in the first epoch; with packing, later epochs may have a few more or fewer */
    public long batchesPerEpoch() {
        long batches = 0;
        for (Iterator<Batch> first = batchesOf(0); first.hasNext(); first.next()) {
            batches++;
        }
        return batches;
    }

    /** @return a slot that has room for every batch of this plan */
    public LongBuffer allocateSlot() {
        return BatchSlot.allocate(batchSize, maxLength);
    }
}
