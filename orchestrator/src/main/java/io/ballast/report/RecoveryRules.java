package io.ballast.report;

import java.util.Locale;

/** What to do after a run that did not reach its end. */
final class RecoveryRules {
    private RecoveryRules() {
    }

    static Suggestion afterStop() {
        return Suggestion.run("Run it to the end", "The run was stopped; what it had by then is in this folder.");
    }

    static Suggestion afterFailure(Evidence evidence) {
        String failure = evidence.message().toLowerCase(Locale.ROOT);
        String phase = evidence.lastStep().text("phase").orElse("domain");
        Fields settings = evidence.run().experiment().object(phase);
        if (failure.contains("memory")) {
            return smallerBatch(phase, settings);
        }
        double learningRate = settings.number("learningRate");
        if (diverged(failure) && learningRate > 0) {
            return Suggestion.run("Lower the learning rate", "The loss left the finite numbers: a third of "
                    + Numbers.significant(learningRate, 3) + " is the first thing to try.",
                    phase + ".learningRate=" + Numbers.significant(learningRate / 3, 2));
        }
        return Suggestion.advice("Read the message", (failure.isEmpty() ? "It ends the run's output and" : "It") + " says what was expected, what was found, and where;"
                + " the last lines of events.jsonl say how far the run came.");
    }

    private static boolean diverged(String failure) {
        return failure.contains("finite") || failure.contains("nan") || failure.contains("diverge");
    }

    /** Half the rows at twice the accumulation is the same optimizer step in half the activations' memory. */
    private static Suggestion smallerBatch(String phase, Fields settings) {
        double batchSize = settings.number("batchSize");
        double accumulation = settings.number("gradientAccumulation");
        if (batchSize >= 2 && batchSize % 2 == 0 && accumulation >= 1) {
            return Suggestion.run("Halve the micro-batch", "Out of memory: half the rows at twice the accumulation"
                    + " is the same optimizer step with half the activations.",
                    phase + ".batchSize=" + (long) (batchSize / 2),
                    phase + ".gradientAccumulation=" + (long) (accumulation * 2));
        }
        return Suggestion.run("Recompute activations", "Out of memory: gradient checkpointing needs less of it and"
                + " about a third more time.", "model.gradientCheckpointing=true");
    }
}
