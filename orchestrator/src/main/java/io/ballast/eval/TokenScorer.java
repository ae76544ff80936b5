package io.ballast.eval;

import io.ballast.ranks.Rounds;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * The one question evaluation asks a model: how likely are these tokens? All buffers are direct, in native byte order,
 * and lent until the call returns.
 */
public interface TokenScorer {
    /** The prefix of a batch whose rows begin at their first token. */
    long NO_PREFIX = 0;

    /** How much of what token rows have in common the model can read once. */
    enum Sharing {
        /** Each row is read alone. */
        NOTHING,
        /** A context once within its row, for several continuations behind it. */
        BRANCHES,
        /** And what many rows begin with once for all of them. */
        PREFIXES
    }

    /** @return what this model can */
    Sharing sharing();

    /**
     * Reads what the rows of several batches begin with. Its keys and values stay in memory until it is released.
     *
     * @param ids    the tokens; may be larger
     * @param length how many they are
     * @return a number for it, not {@link #NO_PREFIX}
     */
    long readPrefix(LongBuffer ids, int length);

    /**
     * Frees a prefix.
     *
     * @param prefix its number
     */
    void releasePrefix(long prefix);

    /**
     * Scores the targets of a batch.
     *
     * @param prefix   what all rows continue, or {@link #NO_PREFIX}
     * @param slot     a batch as {@link ScoringBatch} lays it out; may be larger than it needs to be
     * @param rows     rows in the batch, padded on the right
     * @param length   positions in a row
     * @param targets  how many there are
     * @param branched whether a row has branches, which see their context and themselves
     * @param output   2 lists of [targets], filled by the call: log-probability in nats, and 1 where the target is the
     *                 most likely token; may be larger, and what lies behind the lists has no meaning
     */
    void score(long prefix, LongBuffer slot, int rows, int length, int targets, boolean branched, FloatBuffer output);

    /** @return how batches are dealt out where several processes share this model */
    default Rounds rounds() {
        return Rounds.ALONE;
    }
}
