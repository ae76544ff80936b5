package io.ballast.eval;

import io.ballast.data.Example;
import io.ballast.data.Tokenizer;

/** Texts outside of tasks as token rows, made by the same rules as those of tasks: lm-eval's. */
public final class TextRows {
    private final PairEncoder pairs;
    private final PromptEncoder prompts;

    /**
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     */
    public TextRows(Tokenizer tokenizer, int maxLength) {
        this.pairs = new PairEncoder(tokenizer, maxLength);
        this.prompts = new PromptEncoder(tokenizer, maxLength);
    }

    /**
     * A text that is scored given what comes before it.
     *
     * @param context what is read; its beginning is cut off where both are longer than the model reads
     * @param text    what is scored
     * @param place   what it belongs to, for a message
     * @return its row
     * @throws io.ballast.InvalidInputException where there is nothing to read or nothing to score
     */
    public Example continuation(String context, String text, String place) {
        return pairs.row(pairs.encode(context, text), place);
    }

    /**
     * A text that is completed.
     *
     * @param prompt    what is read; its beginning is cut off where there is no room for the completion
     * @param maxTokens most tokens that are written
     * @param place     what it belongs to, for a message
     * @return its token ids
     * @throws io.ballast.InvalidInputException where nothing is left to read
     */
    public int[] prompt(String prompt, int maxTokens, String place) {
        return prompts.encode(prompt, maxTokens, place).ids();
    }
}
