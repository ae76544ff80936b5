package io.ballast.report;

import java.util.Optional;
import java.util.function.Supplier;

/** How strongly to hold back, how fast and how long to train. λ moves by threes: a visible step on its scale. */
final class StrengthRules {
    private StrengthRules() {
    }

    static Optional<Suggestion> slowDown(Evidence evidence) {
        double learningRate = evidence.run().experiment().object("domain").number("learningRate");
        return when(evidence.lostALot() && evidence.measuredLearned() && !evidence.learnedALot() && learningRate > 0,
                () -> Suggestion.run("Halve the learning rate", evidence.worstLoss().inWords()
                        + " while little was learned: the steps are likely too large.",
                        "domain.learningRate=" + Numbers.significant(learningRate / 2, 2)));
    }

    static Optional<Suggestion> holdBack(Evidence evidence) {
        if (!evidence.lostALot() || evidence.isHeldBack()) {
            return Optional.empty();
        }
        return Optional.of(evidence.hasGeneralPhase()
                ? Suggestion.run("Hold the model back", evidence.worstLoss().inWords() + " under plain fine-tuning.",
                        "retention.method=hierarchical")
                : Suggestion.run("Hold the model back", evidence.worstLoss().inWords() + " under plain fine-tuning. L2 to the base"
                        + " needs no general text; with a general block, hierarchical is the better choice.",
                        "retention.method=l2"));
    }

    static Optional<Suggestion> hold(Evidence evidence) {
        return when(evidence.lostALot() && evidence.isHeldBack(),
                () -> strength(evidence, 3, "Raise λ", evidence.worstLoss().inWords() + "."));
    }

    static Optional<Suggestion> letGo(Evidence evidence) {
        return when(learnedLittle(evidence) && !evidence.lost() && evidence.isHeldBack(),
                () -> strength(evidence, 1.0 / 3, "Lower λ", "Little was learned and nothing measurable was lost."));
    }

    static Optional<Suggestion> trainLonger(Evidence evidence) {
        double steps = evidence.run().experiment().object("domain").number("steps");
        double epochs = evidence.run().experiment().object("domain").number("epochs");
        boolean counted = steps > 0 || epochs > 0;
        boolean freer = !evidence.lost() && evidence.isHeldBack();
        return when(learnedLittle(evidence) && !evidence.lostALot() && !freer && counted,
                () -> Suggestion.run("Train longer", "Little was learned in "
                        + (steps > 0 ? (long) steps + " steps." : Numbers.significant(epochs, 3) + " epochs."),
                        steps > 0 ? "domain.steps=" + 2 * (long) steps
                                : "domain.epochs=" + Numbers.significant(2 * epochs, 3)));
    }

    static Optional<Suggestion> keep(Evidence evidence) {
        double seed = evidence.run().experiment().number("seed");
        String title = "Nothing to change";
        String reason = "Learned the domain, and no general score fell beyond noise."
                + " Before you rely on it, see whether another seed says the same.";
        return when(evidence.learnedALot() && evidence.measuredKept() && !evidence.lost(), () -> Double.isFinite(seed)
                ? Suggestion.run(title, reason, "seed=" + (long) (seed + 1))
                : Suggestion.advice(title, reason));
    }

    static Optional<Suggestion> holdALittleMore(Evidence evidence) {
        return when(evidence.learnedALot() && evidence.lost() && !evidence.lostALot() && evidence.isHeldBack(),
                () -> strength(evidence, 3, "Raise λ, if this loss matters", evidence.worstLoss().inWords() + "."));
    }

    private static boolean learnedLittle(Evidence evidence) {
        return evidence.measuredLearned() && !evidence.learnedALot();
    }

    private static Suggestion strength(Evidence evidence, double factor, String title, String reason) {
        double lambda = evidence.run().experiment().object("retention").number("lambda");
        return lambda > 0
                ? Suggestion.run(title, reason + " λ was " + Numbers.significant(lambda, 3) + ".",
                        "retention.lambda=" + Numbers.significant(factor * lambda, 2))
                : Suggestion.advice(title, reason + " Set retention.lambda.");
    }

    private static Optional<Suggestion> when(boolean applies, Supplier<Suggestion> suggestion) {
        return applies ? Optional.of(suggestion.get()) : Optional.empty();
    }
}
