package io.ballast.eval;

import io.ballast.data.Tokenizer;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Which special tokens an evaluation used; written into its results, because they change the numbers.
 *
 * @param maxLength      tokens that the model reads at once
 * @param contextBegins  ids that the tokenizer itself puts before a context; tasks use these and no others
 * @param prefixToken    what an empty context is replaced by
 * @param documentBegins what a perplexity's document begins with, as in training
 */
public record Encoding(int maxLength, int[] contextBegins, OptionalInt prefixToken, OptionalInt documentBegins) {
    /**
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     * @return what this tokenizer does
     */
    static Encoding of(Tokenizer tokenizer, int maxLength) {
        int[] bare = tokenizer.encode("a");
        int[] whole = tokenizer.encodeWithSpecialTokens("a");
        int before = 0;
        while (before < whole.length && whole[before] != bare[0]) {
            before++;
        }
        return new Encoding(maxLength, Arrays.copyOf(whole, before), PairEncoder.prefixToken(tokenizer),
                tokenizer.bos());
    }
}
