package io.ballast.eval;

import java.util.List;

/**
 * What a model says about one row of tokens.
 *
 * @param logProbability of the scored tokens together, in nats
 * @param greedy         whether every scored token is the most likely one at its place
 * @param tokens         how many were scored
 */
public record Likelihood(double logProbability, boolean greedy, int tokens) {
    /**
     * @param parts of one text, in order; none for a text without tokens
     * @return all together
     */
    static Likelihood sum(List<Likelihood> parts) {
        return parts.stream().reduce(new Likelihood(0, true, 0), (sum, next) -> new Likelihood(
                sum.logProbability + next.logProbability, sum.greedy && next.greedy, sum.tokens + next.tokens));
    }
}
