package io.ballast.eval;

import io.ballast.tensor.DirectBuffers;
import java.nio.LongBuffer;
import java.util.List;

/** Prompts as Python reads them: ids [rows, length], padded on the left, and behind them [rows], their lengths. */
public final class PromptBatch {
    private static final long PADDING_ID = 0;

    private PromptBatch() {
    }

    /**
     * Makes room.
     *
     * @param rows   most prompts
     * @param length tokens of the longest
     * @return a buffer
     */
    public static LongBuffer allocate(int rows, int length) {
        return DirectBuffers.longs(Math.multiplyExact(rows, Math.addExact(length, 1)));
    }

    /**
     * Writes prompts into a buffer.
     *
     * @param buffer  of {@link #allocate}
     * @param prompts token ids, at least one in each
     * @param length  tokens of the longest
     */
    public static void fill(LongBuffer buffer, List<int[]> prompts, int length) {
        for (int row = 0; row < prompts.size(); row++) {
            int[] prompt = prompts.get(row);
            int padding = length - prompt.length;
            for (int position = 0; position < length; position++) {
                buffer.put(row * length + position, position < padding ? PADDING_ID : prompt[position - padding]);
            }
            buffer.put(prompts.size() * length + row, prompt.length);
        }
    }
}
