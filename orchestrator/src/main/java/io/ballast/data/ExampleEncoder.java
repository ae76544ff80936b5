package io.ballast.data;

import io.ballast.InvalidInputException;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Text to token ids with special tokens: a text row is BOS + text (+ EOS if asked for); a completion row is
 * BOS + prompt + completion + EOS, prompt and completion encoded together, the completion and EOS learned. BOS
 * and EOS are added where the tokenizer has them. What is longer than the most tokens loses its end. Many
 * threads may use one encoder.
 */
public final class ExampleEncoder {
    private static final int[] NOTHING = {};

    private final Tokenizer tokenizer;
    private final int maxLength;

    /**
     * An encoder for rows of limited length.
     *
     * @param tokenizer the model's tokenizer, which the caller closes
     * @param maxLength most tokens in a row, special tokens included; {@link Integer#MAX_VALUE} for no limit
     */
    public ExampleEncoder(Tokenizer tokenizer, int maxLength) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
    }

    /**
     * A text of which everything is learned.
     *
     * @param text      the text
     * @param endOfText whether EOS follows
     * @return the row; it may be shorter than two tokens, and then there is nothing to learn
     */
    public Example text(String text, boolean endOfText) {
        return cut(join(tokenizer.bos(), tokenizer.encode(text), endOfText ? tokenizer.eos() : OptionalInt.empty()),
                1);
    }

    /**
     * A completion that is learned, given a prompt. A token that reaches over the boundary belongs to the
     * completion.
     *
     * @param prompt     what is only read
     * @param completion what is learned
     * @return the row
     * @throws InvalidInputException if nothing of the completion is left within the most tokens
     */
    public Example completion(String prompt, String completion) {
        return split(prompt, completion, tokenizer.bos(), tokenizer.eos());
    }

    /**
     * A completion in texts that carry their special tokens already, as chat templates write them: nothing is
     * added.
     *
     * @param prompt     what is only read
     * @param completion what is learned
     * @return the row
     * @throws InvalidInputException if nothing of the completion is left within the most tokens
     */
    public Example rendered(String prompt, String completion) {
        return split(prompt, completion, OptionalInt.empty(), OptionalInt.empty());
    }

    private Example split(String prompt, String completion, OptionalInt bos, OptionalInt eos) {
        Tokenizer.Encoded both = tokenizer.encodeWithEnds(prompt + completion);
        int boundary = prompt.codePointCount(0, prompt.length());
        int start = 0;
        while (start < both.ends().length && both.ends()[start] <= boundary) {
            start++;
        }
        int[] ids = join(bos, both.ids(), eos);
        // Without BOS and prompt the first token of the completion is predicted by nothing.
        int targetStart = Math.max(1, start + (bos.isPresent() ? 1 : 0));
        if (targetStart >= ids.length) {
            throw new InvalidInputException("the completion is empty: there is nothing to learn");
        }
        if (targetStart >= maxLength) {
            throw new InvalidInputException("the completion truncates to nothing: the prompt alone has " + targetStart
                    + " tokens and maxLength is " + maxLength + ". Raise maxLength, shorten the prompt, or leave the "
                    + "row out with \"where\"");
        }
        return cut(ids, targetStart);
    }

    private Example cut(int[] ids, int targetStart) {
        return ids.length <= maxLength ? new Example(ids, targetStart)
                : new Example(Arrays.copyOf(ids, maxLength), targetStart, ids.length - maxLength);
    }

    private static int[] join(OptionalInt bos, int[] ids, OptionalInt eos) {
        int[] first = bos.isPresent() ? new int[] {bos.getAsInt()} : NOTHING;
        int[] last = eos.isPresent() ? new int[] {eos.getAsInt()} : NOTHING;
        int[] row = Arrays.copyOf(first, first.length + ids.length + last.length);
        System.arraycopy(ids, 0, row, first.length, ids.length);
        System.arraycopy(last, 0, row, first.length + ids.length, last.length);
        return row;
    }
}
