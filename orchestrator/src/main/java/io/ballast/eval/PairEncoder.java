package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Example;
import io.ballast.data.Row;
import io.ballast.data.Tokenizer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Context and continuation as token ids, as lm-eval 0.4.13 makes them ({@code TemplateLM._encode_pair},
 * {@code HFLM.tok_encode}, {@code HFLM._loglikelihood_tokens}): white space at the end of the context
 * moves to the continuation; both are encoded together and split at the length of the context's own
 * ids; special tokens are those that the tokenizer adds by itself, none where the text begins with the
 * BOS text; an empty context is the BOS token (EOS where there is none).
 */
final class PairEncoder {
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final OptionalInt prefix;
    private final String prefixText;

    /**
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     */
    PairEncoder(Tokenizer tokenizer, int maxLength) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.prefix = prefixToken(tokenizer);
        this.prefixText = prefix.isPresent() ? tokenizer.decode(prefix.getAsInt()) : null;
    }

    /**
     * @param tokenizer of a model
     * @return the token that stands for an empty context: BOS, else EOS
     */
    static OptionalInt prefixToken(Tokenizer tokenizer) {
        return tokenizer.bos().isPresent() ? tokenizer.bos() : tokenizer.eos();
    }

    /**
     * Token ids of a pair.
     *
     * @param context      what is given
     * @param continuation what is scored
     */
    record Pair(int[] context, int[] continuation) {
        /** @return number of tokens */
        int length() {
            return context.length + continuation.length;
        }
    }

    /**
     * @param context      what is given
     * @param continuation what is scored
     * @return the ids of both
     */
    Pair encode(String context, String continuation) {
        if (context.isEmpty()) {
            return encodeAlone(continuation);
        }
        String given = PythonText.stripTrailing(context);
        int[] whole = encodeAsLmEval(context + continuation);
        int[] before = encodeAsLmEval(given);
        return new Pair(before, Arrays.copyOfRange(whole, Math.min(before.length, whole.length), whole.length));
    }

    private Pair encodeAlone(String continuation) {
        int[] ids = tokenizer.encode(continuation);
        int[] before = prefix.stream().toArray();
        boolean there = before.length > 0 && ids.length > 0 && ids[0] == before[0];
        return new Pair(before, there ? Arrays.copyOfRange(ids, 1, ids.length) : ids);
    }

    private int[] encodeAsLmEval(String text) {
        return prefixText != null && text.startsWith(prefixText)
                ? tokenizer.encode(text)
                : tokenizer.encodeWithSpecialTokens(text);
    }

    /**
     * @param pair to be scored
     * @param from the row it was made of, for a message
     * @return the row; the context is cut on the left where the model could not read all of it
     * @throws InvalidInputException where lm-eval stops with an assertion: nothing to read or to score, or a
     *                               continuation longer than the model's window
     */
    Example row(Pair pair, Row from) {
        int scored = pair.continuation().length;
        if (pair.context().length == 0 || scored == 0 || scored > maxLength) {
            throw from.invalid("expected a context of at least one token and a continuation of 1 to "
                    + maxLength + " tokens (what the model reads at once), found " + pair.context().length + " and "
                    + scored + "; leave the row out with \"where\"");
        }
        int[] ids = IntStream.concat(Arrays.stream(pair.context()), Arrays.stream(pair.continuation())).toArray();
        // The last token is predicted and not read, so that one more than the window fits.
        int start = Math.max(0, ids.length - maxLength - 1);
        return new Example(Arrays.copyOfRange(ids, start, ids.length), ids.length - start - scored);
    }
}
