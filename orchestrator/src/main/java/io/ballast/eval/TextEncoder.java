package io.ballast.eval;

import io.ballast.data.Tokenizer;
import java.util.OptionalInt;

/**
 * A text as token ids, as lm-eval 0.4.13 makes them ({@code HFLM.tok_encode}, {@code HFLM.tok_batch_encode}):
 * with the special tokens that the tokenizer adds by itself, or without any where the text begins with
 * one already.
 */
final class TextEncoder {
    private final Tokenizer tokenizer;
    private final String opening;

    /**
     * @param tokenizer of the model
     * @param opening   the token with which a text needs no special tokens any more
     */
    TextEncoder(Tokenizer tokenizer, OptionalInt opening) {
        this.tokenizer = tokenizer;
        this.opening = opening.isPresent() ? tokenizer.decode(opening.getAsInt()) : null;
    }

    /**
     * @param text any text
     * @return its token ids
     */
    int[] encode(String text) {
        return opening != null && text.startsWith(opening)
                ? tokenizer.encode(text)
                : tokenizer.encodeWithSpecialTokens(text);
    }
}
