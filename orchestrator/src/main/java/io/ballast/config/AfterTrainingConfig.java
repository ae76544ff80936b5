package io.ballast.config;

/**
 * How the trained model is moved part of its way back once the domain phase has ended, without training again.
 *
 * @param method   how
 * @param strength how far: see the methods
 */
public record AfterTrainingConfig(
        @Setting(value = "wise-ft: every update is scaled by the strength (arXiv 2109.01903); lines: the first block's by"
                + " the strength, the last one's not at all, evenly between (arXiv 2410.17146); shrink:"
                + " (θ − θ*) / (1 + strength · α Ω) with the anchor's θ*, α and Ω.", required = true) Method method,
        @Setting(value = "wise-ft and lines: from 0, the base model, to 1, the trained model. shrink: from 0, which"
                + " leaves the trained model, upwards.", required = true, minimum = 0) double strength) {

    /** Ways back. */
    public enum Method {
        /** θ_base + κ (θ − θ_base), arXiv 2109.01903. */
        WISE_FT,
        /** As {@code WISE_FT}, with κ growing linearly over the blocks up to 1, arXiv 2410.17146. */
        LINES,
        /** θ* + (θ − θ*) / (1 + κ α Ω), by the importance of an anchor. */
        SHRINK
    }

    /**
     * Whether the way goes back to the base model, and not to an anchor.
     *
     * @return false for {@link Method#SHRINK} only
     */
    public boolean towardsBase() {
        return method != Method.SHRINK;
    }
}
