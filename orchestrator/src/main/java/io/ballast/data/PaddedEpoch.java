package io.ballast.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The batches of an epoch with one document in a row: the shuffled rows are taken in windows of
 * {@value #WINDOW_BATCHES} batches, sorted by bucket of length within the window so that little is padding, cut
 * into batches, and the batches of the window are shuffled. The last batch of an epoch may have fewer rows.
 *
 * <p>Buckets are wide on purpose, and rows within one stay shuffled: sorted to the token, rows of one template
 * and so of one kind would fill whole batches, and training on one kind at a time learns and keeps less.
 */
final class PaddedEpoch implements Iterator<Batch> {
    static final int WINDOW_BATCHES = 64;
    /** Tokens in a bucket of short rows; from {@value #BUCKETS} times as many on, buckets grow with the length. */
    private static final int BUCKET_TOKENS = 8;
    /** Buckets to a doubling of the length. */
    private static final int BUCKETS = 8;

    private final EpochOrder order;
    private final long seed;
    private final long epoch;
    private final int batchSize;
    private List<List<Document>> window = List.of();
    private Permutation shuffle;
    private int taken;
    private long place;

    PaddedEpoch(EpochOrder order, long seed, long epoch, int batchSize) {
        this.order = order;
        this.seed = seed;
        this.epoch = epoch;
        this.batchSize = batchSize;
    }

    @Override
    public boolean hasNext() {
        return taken < window.size() || place < order.size();
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The epoch is over");
        }
        if (taken == window.size()) {
            readWindow();
        }
        return Batch.of(window.get((int) shuffle.at(taken++)));
    }

    private void readWindow() {
        long start = place;
        List<Document> documents = new ArrayList<>();
        while (place < order.size() && place - start < (long) WINDOW_BATCHES * batchSize) {
            documents.add(order.at(epoch, place++));
        }
        documents.sort(Comparator.comparingInt(document -> bucket(document.length())));
        window = new ArrayList<>();
        for (int from = 0; from < documents.size(); from += batchSize) {
            window.add(documents.subList(from, Math.min(from + batchSize, documents.size())));
        }
        shuffle = new Permutation(Randomness.hash(seed, epoch, start, window.size()), window.size());
        taken = 0;
    }

    /** At most {@value #BUCKET_TOKENS} positions, or an eighth, of a row are padding, whatever its neighbours. */
    private static int bucket(int length) {
        int linear = BUCKET_TOKENS * BUCKETS;
        return length < linear ? length / BUCKET_TOKENS
                : (int) (BUCKETS * (1 + Math.log(length / (double) linear) / Math.log(2)));
    }
}
