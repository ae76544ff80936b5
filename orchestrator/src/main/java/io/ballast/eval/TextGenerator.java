package io.ballast.eval;

import io.ballast.ranks.Rounds;
import java.nio.LongBuffer;
import java.util.List;

/** The other question evaluation asks a model: what comes after these tokens? */
@FunctionalInterface
public interface TextGenerator {
    /**
     * Completes a batch of prompts.
     *
     * @param prompts  direct, in native byte order, lent until the call returns: ids [rows, length], padded on
     *                 the left, and behind them [rows], the length of each prompt; may be larger
     * @param rows     prompts in the batch
     * @param length   tokens of the longest
     * @param settings of all rows
     * @param seed     of the draws, if the settings ask for any
     * @return what the model writes after each prompt, up to the first stop string, in the same order
     */
    List<String> generate(LongBuffer prompts, int rows, int length, GenerationSettings settings, long seed);

    /** @return how batches are dealt out where several processes share this model */
    default Rounds rounds() {
        return Rounds.ALONE;
    }
}
