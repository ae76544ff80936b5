package io.ballast.eval;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A language model in closed form: after token s, the tokens s·{@value #STEP} + k (mod V) for k = 0, 1, 2…
 * have probabilities 1/(1 + k), normalised by the V-th harmonic number. It reads nothing but the slot.
 */
final class BigramScorer implements TokenScorer {
    static final int STEP = 31;

    private final int vocabulary;
    private final double normalizer;
    final List<Integer> lengths = new ArrayList<>();
    final List<Integer> rowsOfBatches = new ArrayList<>();

    BigramScorer(int vocabulary) {
        this(vocabulary, 0);
    }

    /** A model whose logits are all shifted: by NaN, for one that is broken. */
    BigramScorer(int vocabulary, double shift) {
        this.vocabulary = vocabulary;
        double sum = 0;
        for (int k = 1; k <= vocabulary; k++) {
            sum += 1.0 / k;
        }
        this.normalizer = Math.log(sum) + shift;
    }

    private long rank(long before, long token) {
        return Math.floorMod(token - before * STEP, (long) vocabulary);
    }

    double logProbability(long before, long token) {
        return -Math.log1p(rank(before, token)) - normalizer;
    }

    boolean isGreedy(long before, long token) {
        return rank(before, token) == 0;
    }

    @Override
    public Sharing sharing() {
        return Sharing.BRANCHES;
    }

    @Override
    public long readPrefix(LongBuffer ids, int length) {
        throw new AssertionError("asked for a prefix, which this model does not share");
    }

    @Override
    public void releasePrefix(long prefix) {
        throw new AssertionError("asked to free a prefix that was never read");
    }

    @Override
    public void score(long prefix, LongBuffer slot, int rows, int length, int targets, boolean branched,
            FloatBuffer output) {
        lengths.add(length);
        rowsOfBatches.add(rows);
        int places = 3 * rows * length;
        for (int i = 0; i < targets; i++) {
            long before = slot.get((int) slot.get(places + i));
            long target = slot.get(places + targets + i);
            output.put(i, (float) logProbability(before, target));
            output.put(targets + i, isGreedy(before, target) ? 1f : 0f);
        }
    }
}
