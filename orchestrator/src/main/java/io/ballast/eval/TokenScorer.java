package io.ballast.eval;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/** The one question evaluation asks a model: how likely are these tokens? */
@FunctionalInterface
public interface TokenScorer {
    /**
     * Scores the targets of a batch of token rows. Both buffers are direct, in native byte order, and
     * lent until the call returns.
     *
     * @param slot   a batch as {@link io.ballast.data.BatchSlot} lays it out; may be larger than it needs to be
     * @param rows   rows in the batch, one item each, padded on the right
     * @param length tokens in a row
     * @param output 2 planes of [rows, length], filled by the call: log-probability of the target in
     *               nats (0 where there is none), and 1 where the target is the most likely token; may be
     *               larger, and what lies behind the planes has no meaning
     */
    void score(LongBuffer slot, int rows, int length, FloatBuffer output);
}
