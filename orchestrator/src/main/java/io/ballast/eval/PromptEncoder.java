package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import java.util.Arrays;

/**
 * Prompts that a model is to complete, as token ids: what is longer than the model can read beside the
 * tokens that it may write is cut on the left, as lm-eval 0.4.13 does ({@code HFLM.generate_until}).
 *
 * <p>lm-eval looks at a batch's first prompt only to see whether BOS is there already; here each prompt
 * is looked at, which is what lm-eval does at batch size 1.
 */
final class PromptEncoder {
    private final TextEncoder text;
    private final int maxLength;

    /**
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once, those that it writes among them
     */
    PromptEncoder(Tokenizer tokenizer, int maxLength) {
        this.text = new TextEncoder(tokenizer, tokenizer.bos());
        this.maxLength = maxLength;
    }

    /**
     * A prompt as token ids.
     *
     * @param ids what the model reads
     * @param cut how many tokens were cut off on the left
     */
    record Prompt(int[] ids, int cut) {
    }

    /**
     * @param prompt    what is to be completed
     * @param maxTokens most tokens that are written
     * @param place     what it belongs to, for a message
     * @return its ids
     * @throws InvalidInputException where no token of the prompt could be read
     */
    Prompt encode(String prompt, int maxTokens, String place) {
        if (maxTokens >= maxLength) {
            throw new InvalidInputException(place + ": expected a completion of fewer tokens than the " + maxLength
                    + " that the model reads at once, found " + maxTokens + "; set max_gen_toks of the task (256 unless"
                    + " it is given), or maxTokens of the Generation, so that the prompt has room before it");
        }
        int[] ids = text.encode(prompt);
        if (ids.length == 0) {
            throw new InvalidInputException(place + ": expected a prompt of at least one token, found '" + prompt
                    + "'");
        }
        int cut = Math.max(0, ids.length - (maxLength - maxTokens));
        return new Prompt(Arrays.copyOfRange(ids, cut, ids.length), cut);
    }
}
