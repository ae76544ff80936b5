package io.ballast.eval;

import io.ballast.data.BatchSlot;
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
        this.vocabulary = vocabulary;
        double sum = 0;
        for (int k = 1; k <= vocabulary; k++) {
            sum += 1.0 / k;
        }
        this.normalizer = Math.log(sum);
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
    public void score(LongBuffer slot, int rows, int length, FloatBuffer output) {
        lengths.add(length);
        rowsOfBatches.add(rows);
        BatchSlot.check(slot, rows, length);
        int plane = rows * length;
        for (int at = 0; at < plane; at++) {
            long target = slot.get(BatchSlot.TARGETS * plane + at);
            boolean scored = target != BatchSlot.NOT_SCORED;
            output.put(at, scored ? (float) logProbability(slot.get(at), target) : 0f);
            output.put(plane + at, scored && isGreedy(slot.get(at), target) ? 1f : 0f);
        }
    }
}
