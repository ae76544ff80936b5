package io.ballast.report;

import java.util.Optional;

/** Whether importance was measured and spread well. */
final class ImportanceRules {
    /** Below this share of the largest possible entropy, α is nearly all on one or two layers. */
    private static final double SPREAD = 0.5;

    private ImportanceRules() {
    }

    static Optional<Suggestion> spreadLayers(Evidence evidence) {
        Fields importance = evidence.run().result().object("importance");
        int layers = importance.objects("layers").size();
        double entropy = importance.number("alphaEntropy");
        boolean paper = evidence.run().experiment().object("retention").text("layerCoefficients")
                .filter("paper"::equals).isPresent();
        return paper && layers > 2 && entropy < SPREAD * Math.log(layers)
                ? Optional.of(Suggestion.run("Spread the layer coefficients", "The paper's softmax puts nearly all"
                        + " weight on few of the " + layers + " layers (entropy "
                        + Numbers.significant(entropy, 2) + " of " + Numbers.significant(Math.log(layers), 2)
                        + "); the others are not held back.",
                        "retention.layerCoefficients=scaled"))
                : Optional.empty();
    }

    static Optional<Suggestion> measureLonger(Evidence evidence) {
        double clamped = evidence.run().result().object("importance").number("clampedShare");
        double steps = evidence.run().experiment().object("general").number("steps");
        return clamped > 0.5 && steps > 0
                ? Optional.of(Suggestion.run("Measure importance longer", Numbers.percent(clamped)
                        + " of the path integral came out negative and counts as 0: the signal is mostly noise.",
                        "general.steps=" + 2 * (long) steps))
                : Optional.empty();
    }
}
