package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.texts;
import static io.ballast.python.BridgeValues.withBuffer;

import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} that complete prompts some tokens at a time, so that others have their turn in
 * between. See the package for the rules on threads, buffers and errors.
 */
public final class CompletionCalls {
    private final Bridge bridge;

    CompletionCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Completes prompts, as lm-eval does.
     *
     * @param model     its handle
     * @param tokenizer folder of the model's tokenizer
     * @param prompts   ids [rows, length], padded on the left, then [rows] lengths; borrowed for the call
     * @param rows      how many prompts
     * @param length    tokens of the longest
     * @param until     stop strings; the tokenizer's EOS is one more
     * @param maxTokens most tokens of a completion
     * @param decoding  keyword arguments of transformers' {@code generate}
     * @param seed      of draws, if there are any
     * @return one text for each prompt, cut at the stop strings
     * @throws io.ballast.TrainingFailedException when the model answers NaN
     */
    public List<String> complete(long model, Path tokenizer, LongBuffer prompts, int rows, int length,
            List<String> until, int maxTokens, Map<String, Object> decoding, long seed) {
        return withBuffer(prompts, () -> texts(bridge.invoke("complete", model, tokenizer.toString(),
                array(prompts, prompts.capacity()), rows, length, until, maxTokens, decoding, seed)));
    }

    /**
     * Begins to complete prompts; nothing is written yet.
     *
     * @param model     its handle
     * @param tokenizer folder of the model's tokenizer
     * @param prompts   ids [rows, length], padded on the left, then [rows] lengths; borrowed for the call
     * @param rows      how many prompts
     * @param length    tokens of the longest
     * @param until     stop strings; the tokenizer's EOS is one more
     * @param maxTokens most tokens of a completion
     * @param decoding  keyword arguments of transformers' {@code generate}
     * @param seed      of draws, if there are any
     * @return the completion's handle, for {@link #end}
     */
    public long begin(long model, Path tokenizer, LongBuffer prompts, int rows, int length, List<String> until,
            int maxTokens, Map<String, Object> decoding, long seed) {
        return withBuffer(prompts, () -> handle(bridge.invoke("begin_completion", model, tokenizer.toString(),
                array(prompts, prompts.capacity()), rows, length, until, maxTokens, decoding, seed)));
    }

    /**
     * Writes on.
     *
     * @param completion its handle
     * @param tokens     at most so many in each row; all that are left for a model whose keys and values cannot be kept
     * @return whether all rows have ended
     * @throws io.ballast.TrainingFailedException when the model answers NaN
     */
    public boolean advance(long completion, int tokens) {
        return (Boolean) bridge.invoke("advance_completion", completion, tokens);
    }

    /**
     * What was written since the last time and can no longer be taken back by a stop string.
     *
     * @param completion its handle
     * @return one text for each row
     */
    public List<String> pieces(long completion) {
        return texts(bridge.invoke("completion_pieces", completion));
    }

    /**
     * What was written.
     *
     * @param completion its handle
     * @return one text for each row, cut at the stop strings
     */
    public List<String> written(long completion) {
        return texts(bridge.invoke("completion_texts", completion));
    }

    /**
     * Frees keys and values.
     *
     * @param completion its handle
     */
    public void end(long completion) {
        bridge.invoke("end_completion", completion);
    }
}
