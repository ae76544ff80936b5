package io.ballast;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How a model writes. Immutable; {@link #greedy(int)} is where one begins:
 *
 * <pre>{@code
 * Generation.greedy(100).withStop("\n")
 * Generation.sampled(100, 0.8, 0.95).withSeed(7)
 * }</pre>
 *
 * @param maxTokens   most tokens that are written, at least 1
 * @param temperature divides the logits; 0 takes the likeliest token each time
 * @param topP        draws among the likeliest tokens that together have this probability, above 0 and at most 1
 * @param stop        texts before which a completion ends; the tokenizer's EOS is one more
 * @param seed        of all draws: the same seed, prompts and machine give the same texts
 */
public record Generation(int maxTokens, double temperature, double topP, List<String> stop, long seed) {
    /**
     * Checks what it is given, and copies it.
     *
     * @param maxTokens   most tokens that are written
     * @param temperature divides the logits
     * @param topP        of the nucleus
     * @param stop        texts before which a completion ends
     * @param seed        of all draws
     * @throws InvalidInputException for a number out of its range, or an empty stop text
     */
    public Generation {
        stop = List.copyOf(Objects.requireNonNull(stop, "stop"));
        check(maxTokens >= 1, "maxTokens", "at least 1", maxTokens);
        check(temperature >= 0 && Double.isFinite(temperature), "temperature", "0 or more", temperature);
        check(topP > 0 && topP <= 1, "topP", "above 0 and at most 1", topP);
        check(!stop.contains(""), "stop", "texts of at least one character", stop);
    }

    private static void check(boolean holds, String what, String expected, Object found) {
        if (!holds) {
            throw new InvalidInputException("Generation." + what + ": expected " + expected + "; found " + found + ".");
        }
    }

    /**
     * The likeliest token each time.
     *
     * @param maxTokens most tokens that are written
     * @return the settings
     */
    public static Generation greedy(int maxTokens) {
        return new Generation(maxTokens, 0, 1, List.of(), 0);
    }

    /**
     * Tokens that are drawn.
     *
     * @param maxTokens   most tokens that are written
     * @param temperature divides the logits, above 0
     * @param topP        the likeliest tokens that together have this probability
     * @return the settings, with seed 0
     */
    public static Generation sampled(int maxTokens, double temperature, double topP) {
        check(temperature > 0, "temperature", "above 0 for drawn tokens", temperature);
        return new Generation(maxTokens, temperature, topP, List.of(), 0);
    }

    /**
     * These settings with other stop texts.
     *
     * @param texts before which a completion ends
     * @return a copy
     */
    public Generation withStop(String... texts) {
        return new Generation(maxTokens, temperature, topP, List.of(texts), seed);
    }

    /**
     * These settings with another seed.
     *
     * @param other of all draws
     * @return a copy
     */
    public Generation withSeed(long other) {
        return new Generation(maxTokens, temperature, topP, stop, other);
    }

    /** Keyword arguments of transformers' {@code generate}. */
    Map<String, Object> decoding() {
        return temperature == 0 ? Map.of("do_sample", false)
                : Map.of("do_sample", true, "temperature", temperature, "top_p", topP, "top_k", 0);
    }
}
