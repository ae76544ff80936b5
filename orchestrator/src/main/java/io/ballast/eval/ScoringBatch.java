package io.ballast.eval;

import io.ballast.TrainingFailedException;
import io.ballast.data.BatchSlot;
import io.ballast.tensor.DirectBuffers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.function.ObjIntConsumer;

/**
 * Rows that are scored together, and the memory layout in which they cross to Python: a direct buffer of int64 in native
 * byte order that holds, one after the other and without gaps,
 * <ol>
 * <li>three planes of [rows, length]: the tokens that are read, 0 on padding; their positions, counted from the beginning
 *     of the prefix, a branch's going on where the context ends; their segments, 0 on padding, 1 in the context, from 2
 *     in its branches (a single branch belongs to the context's);</li>
 * <li>two lists of [targets]: where each target is read, an index into the flattened [rows, length], and its token.</li>
 * </ol>
 *
 * @param trees the rows, the longest first
 */
record ScoringBatch(List<ContextTree> trees) {
    private static final int PLANES = 3;
    private static final int LISTS = 2;
    private static final long CONTEXT = 1;
    private static final long FIRST_BRANCH = 2;

    int rows() {
        return trees.size();
    }

    int length() {
        return trees.get(0).positions();
    }

    int targets() {
        return trees.stream().mapToInt(ContextTree::targets).sum();
    }

    /** @return how many token rows are answered */
    int requests() {
        return trees.stream().mapToInt(tree -> tree.requests().size()).sum();
    }

    boolean isBranched() {
        return trees.stream().anyMatch(ContextTree::isBranched);
    }

    /** @return int64 elements of the slot */
    int elements() {
        return Math.addExact(Math.multiplyExact(PLANES, Math.multiplyExact(rows(), length())),
                Math.multiplyExact(LISTS, targets()));
    }

    /** Makes the buffer that scores are written to; the memory is freed when it is garbage. */
    static FloatBuffer allocateOutput(int targets) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(LISTS * Float.BYTES, targets))
                .order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** Makes a slot; the memory is freed when it is garbage. */
    static LongBuffer allocateSlot(int elements) {
        return DirectBuffers.longs(elements);
    }

    /** Writes the slot. Neither its position nor its limit is used or moved. */
    void fill(LongBuffer slot) {
        int plane = rows() * length();
        for (int at = 0; at < PLANES * plane; at++) {
            slot.put(at, BatchSlot.PADDING_ID);
        }
        int target = 0;
        for (int row = 0; row < rows(); row++) {
            fillTokens(slot, trees.get(row), row * length());
            target = fillTargets(slot, trees.get(row), row * length(), target);
        }
    }

    private void fillTokens(LongBuffer slot, ContextTree tree, int start) {
        int context = tree.context().length;
        for (int position = tree.prefix(); position < context; position++) {
            put(slot, start + position - tree.prefix(), tree.context()[position], position, CONTEXT);
        }
        int at = start + tree.contextPositions();
        for (int branch = 0; branch < tree.branches().size(); branch++) {
            int[] tokens = tree.branches().get(branch);
            for (int i = 0; i < tokens.length; i++) {
                put(slot, at++, tokens[i], context + i, tree.isBranched() ? FIRST_BRANCH + branch : CONTEXT);
            }
        }
    }

    private void put(LongBuffer slot, int at, int token, int position, long segment) {
        int plane = rows() * length();
        slot.put(at, token);
        slot.put(plane + at, position);
        slot.put(2 * plane + at, segment);
    }

    private int fillTargets(LongBuffer slot, ContextTree tree, int start, int first) {
        int places = PLANES * rows() * length();
        int tokens = places + targets();
        int target = first;
        for (ContextTree.Request request : tree.requests()) {
            int last = start + tree.contextPositions() - 1;
            int branch = request.branch() == ContextTree.NO_BRANCH ? last : start + tree.start(request.branch()) - 1;
            for (int i = 0; i < request.row().targets(); i++) {
                slot.put(places + target, i == 0 ? last : branch + i);
                slot.put(tokens + target, request.row().token(request.row().targetStart() + i));
                target++;
            }
        }
        return target;
    }

    /**
     * Reads the scores.
     *
     * @param output      as {@link TokenScorer#score} fills it
     * @param scored      is given each token row's likelihood, with its place among all
     * @throws TrainingFailedException when a score is NaN
     */
    void read(FloatBuffer output, ObjIntConsumer<Likelihood> scored) {
        int targets = targets();
        int target = 0;
        for (ContextTree tree : trees) {
            for (ContextTree.Request request : tree.requests()) {
                double logProbability = 0;
                boolean greedy = true;
                for (int end = target + request.row().targets(); target < end; target++) {
                    logProbability += output.get(target);
                    greedy &= output.get(targets + target) == 1f;
                }
                scored.accept(new Likelihood(checked(logProbability), greedy, request.row().targets()),
                        request.index());
            }
        }
    }

    private static double checked(double logProbability) {
        if (Double.isNaN(logProbability)) {
            throw new TrainingFailedException("evaluation: expected log-probabilities, found NaN: the model's "
                    + "parameters or activations are not finite; train with a smaller learning rate or in float32");
        }
        return logProbability;
    }
}
