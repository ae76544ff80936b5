package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Example;
import io.ballast.data.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Context and continuation as token ids, as lm-eval 0.4.13 makes them ({@code TemplateLM._encode_pair},
 * {@code HFLM.tok_encode}, {@code HFLM._loglikelihood_tokens}): white space at the end of the context
 * moves to the continuation; both are encoded together and split at the length of the context's own
 * ids; special tokens are those of {@link TextEncoder}; an empty context is the BOS token (EOS where there
 * is none).
 */
final class PairEncoder {
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final OptionalInt prefix;
    private final TextEncoder encoder;

    /**
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     */
    PairEncoder(Tokenizer tokenizer, int maxLength) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.prefix = prefixToken(tokenizer);
        this.encoder = new TextEncoder(tokenizer, prefix);
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
        int[] whole = encoder.encode(context + continuation);
        int[] before = encoder.encode(given);
        return new Pair(before, Arrays.copyOfRange(whole, Math.min(before.length, whole.length), whole.length));
    }

    private Pair encodeAlone(String continuation) {
        int[] ids = tokenizer.encode(continuation);
        int[] before = prefix.stream().toArray();
        boolean there = before.length > 0 && ids.length > 0 && ids[0] == before[0];
        return new Pair(before, there ? Arrays.copyOfRange(ids, 1, ids.length) : ids);
    }

    /**
     * A text that is scored as a whole: its first token is predicted from the prefix token, also where the tokenizer
     * begins it with BOS by itself ({@code HFLM.loglikelihood_rolling}).
     *
     * @param text  what is scored
     * @param place what it belongs to, for a message
     * @return its {@link RollingWindows}; none for a text without tokens
     * @throws InvalidInputException where the tokenizer has neither BOS nor EOS
     */
    List<Example> windows(String text, String place) {
        int first = prefix.orElseThrow(() -> new InvalidInputException(place + ": expected a tokenizer with a BOS or EOS"
                + " token, from which a text's first token is predicted; found neither"));
        int[] ids = IntStream.concat(IntStream.of(first), Arrays.stream(encoder.encode(text))).toArray();
        return RollingWindows.of(new Example(ids, 1), maxLength);
    }

    /**
     * The row of a pair. What is longer than the model can read is cut on the left, as lm-eval does: first
     * the context, down to one token. Where the continuation alone is too long, lm-eval stops with an
     * assertion; here it loses its beginning too, which is counted like every cut.
     *
     * @param pair to be scored
     * @param place what it belongs to, for a message
     * @return the row
     * @throws InvalidInputException where there is nothing to read or nothing to score
     */
    Example row(Pair pair, String place) {
        if (pair.context().length == 0 || pair.continuation().length == 0) {
            throw new InvalidInputException(place + ": expected a context and a continuation of at least one token each, found "
                    + pair.context().length + " and " + pair.continuation().length
                    + "; leave the row out with \"where\"");
        }
        int[] ids = IntStream.concat(Arrays.stream(pair.context()), Arrays.stream(pair.continuation())).toArray();
        // The last token is predicted and not read, so that one more than the window fits.
        int start = Math.max(0, ids.length - maxLength - 1);
        return new Example(Arrays.copyOfRange(ids, start, ids.length), Math.max(1, pair.context().length - start));
    }
}
