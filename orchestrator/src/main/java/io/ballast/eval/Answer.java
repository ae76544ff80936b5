package io.ballast.eval;

import java.util.List;

/**
 * What a model said about an item.
 *
 * @param likelihoods one an argument; for a text in windows, the sum over them; none of what is generated
 * @param text        what it generated, or null where likelihoods were asked for
 */
public record Answer(List<Likelihood> likelihoods, String text) {
    /**
     * What was said about an item's choices.
     *
     * @param item that was asked
     * @return one a choice, without those that a metric has asked for beside; all where there is no choice
     */
    public List<Likelihood> ofChoices(Item item) {
        int choices = item.choices().size();
        return choices == 0 ? likelihoods : likelihoods.subList(0, Math.min(choices, likelihoods.size()));
    }

    /** @return the text, or log-likelihood and whether it is the greedy one of each argument */
    Object response() {
        return text != null ? text
                : likelihoods.stream().map(each -> List.of(each.logProbability(), each.greedy())).toList();
    }
}
