package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.list;
import static io.ballast.python.BridgeValues.number;
import static io.ballast.python.BridgeValues.withBuffer;

import jep.DirectNDArray;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * The functions of {@code ballast.bridge} about what a model makes of tokens: losses, log-probabilities, documents of its
 * own. See the package for the rules on threads, buffers and errors; a handle is released by
 * {@link Bridge#release(long)}.
 */
public final class ScoringCalls {
    private final Bridge bridge;

    ScoringCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Lets a model write documents.
     *
     * @param model       its handle
     * @param firstToken  what each document begins with; not written
     * @param endToken    what ends a document; not written
     * @param temperature divides the logits
     * @param topP        nucleus
     * @param seed        of all draws
     * @param rows        how many documents
     * @param tokens      most tokens in a document
     * @param output      [rows, tokens] ids, −1 after a document's end; filled during the call
     */
    public void generate(long model, int firstToken, int endToken, double temperature, double topP, long seed, int rows,
            int tokens, LongBuffer output) {
        withBuffer(output, () -> bridge.invoke("generate", model, firstToken, endToken, temperature, topP, seed, rows, tokens,
                array(output, output.capacity())));
    }

    /**
     * Asks what a model can read once for several token rows, by trying it on a few tokens.
     *
     * @param model its handle
     * @return nothing, branches or prefixes
     */
    public String sharing(long model) {
        return (String) bridge.invoke("sharing", model);
    }

    /**
     * Reads what many token rows begin with.
     *
     * @param model  handle of the model
     * @param ids    the tokens; borrowed for the call
     * @param length how many
     * @return the handle of its keys and values, for {@link #releasePrefix}
     */
    public long readPrefix(long model, LongBuffer ids, int length) {
        return withBuffer(ids, () -> handle(bridge.invoke("read_prefix", model, array(ids, ids.capacity()), length)));
    }

    /**
     * Frees keys and values.
     *
     * @param prefix their handle
     */
    public void releasePrefix(long prefix) {
        bridge.invoke("release_prefix", prefix);
    }

    /**
     * Log-probabilities of a batch's targets.
     *
     * @param model    its handle
     * @param prefix   handle of what all rows continue, or 0
     * @param slot     the batch, laid out as {@code io.ballast.eval.ScoringBatch} states; borrowed for the call
     * @param rows     rows in the batch
     * @param length   positions in a row
     * @param targets  how many there are
     * @param branched whether a row has branches, which see their context and themselves
     * @param output   [2, targets]: log-probability in nats, and 1 where the target is the most likely token
     */
    public void score(long model, long prefix, LongBuffer slot, int rows, int length, int targets, boolean branched,
            FloatBuffer output) {
        withBuffer(slot, () -> withBuffer(output, () -> bridge.invoke("score", model, prefix, array(slot, slot.capacity()),
                rows, length, targets, branched, new DirectNDArray<>(output, output.capacity()))));
    }

    /**
     * Summed cross entropy of a batch.
     *
     * @param model  its handle
     * @param slot   the batch; borrowed for the call
     * @param rows   rows in the batch
     * @param length positions in a row
     * @param packed whether a row holds more than one document
     * @return nats over all targets, without gradient
     */
    public double sumOfNats(long model, LongBuffer slot, int rows, int length, boolean packed) {
        return withBuffer(slot, () -> number(list(
                bridge.invoke("mean_loss", model, array(slot, slot.capacity()), rows, length, packed)).get(0)).doubleValue());
    }
}
