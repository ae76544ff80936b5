package io.ballast.eval;

/**
 * What a model says about one row of tokens.
 *
 * @param logProbability of the scored tokens together, in nats
 * @param greedy         whether every scored token is the most likely one at its place
 * @param tokens         how many were scored
 */
public record Likelihood(double logProbability, boolean greedy, int tokens) {
    /**
     * @param next the tokens that follow
     * @return both together
     */
    Likelihood plus(Likelihood next) {
        return new Likelihood(logProbability + next.logProbability, greedy && next.greedy, tokens + next.tokens);
    }
}
