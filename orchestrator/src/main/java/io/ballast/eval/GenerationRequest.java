package io.ballast.eval;

/**
 * A prompt to be completed.
 *
 * @param prompt   its token ids, at least one
 * @param settings how
 * @param seed     of the draws, if the settings ask for any; a batch draws with the seed of its first row, so that at
 *                 batch size 1 a text depends on its own request alone
 */
public record GenerationRequest(int[] prompt, GenerationSettings settings, long seed) {
}
