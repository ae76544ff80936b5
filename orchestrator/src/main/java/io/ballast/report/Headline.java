package io.ballast.report;

import java.util.Comparator;
import java.util.Optional;

/** One or two sentences: what a person must know who reads nothing else. */
final class Headline {
    private Headline() {
    }

    static String of(Evidence evidence) {
        return switch (evidence.status()) {
            case "failed" -> "Failed" + where(evidence) + ".";
            case "stopped" -> "Stopped" + where(evidence) + "." + outcomeOf(evidence);
            default -> evidence.measuredToTheEnd() ? outcomeOf(evidence).strip() : unmeasured(evidence);
        };
    }

    private static String where(Evidence evidence) {
        Fields step = evidence.lastStep();
        return step.text("phase").map(phase -> " in the " + phase + " phase"
                + step.text("step").filter(number -> !number.equals("0")).map(number -> " at step " + number).orElse("")
                + step.text("steps").map(number -> " of " + number).orElse("")).orElse(" before any training step");
    }

    private static String unmeasured(Evidence evidence) {
        return evidence.hasDomainPhase()
                ? "Trained, but nothing was evaluated before and after."
                : "Importance was measured; nothing was evaluated before and after.";
    }

    private static String outcomeOf(Evidence evidence) {
        return evidence.measuredToTheEnd() ? " " + learned(evidence) + kept(evidence) + "." : "";
    }

    private static String learned(Evidence evidence) {
        if (!evidence.measuredLearned()) {
            return evidence.hasDomainPhase() ? "Domain not measured; " : "Importance measured; ";
        }
        Optional<Change> worse = evidence.changes().learned().stream().filter(Change::worsened)
                .min(Comparator.comparingDouble(Change::improvement));
        if (evidence.learned() && worse.isPresent()) {
            return "Learned part of the domain, but " + worse.get().inWords() + "; ";
        }
        if (evidence.learned()) {
            return evidence.learnedALot() ? "Learned the domain; " : "Learned a little of the domain; ";
        }
        return worse.isPresent() ? "Got worse on the domain; " : "Learned nothing measurable of the domain; ";
    }

    private static String kept(Evidence evidence) {
        if (!evidence.measuredKept()) {
            return "what was kept was not measured";
        }
        if (evidence.lost()) {
            Change worst = evidence.worstLoss();
            String amount = worst.isSevere() ? "much" : worst.isLarge() ? "some" : "a little";
            return "lost " + amount + " of what it knew: " + worst.inWords();
        }
        boolean untested = evidence.changes().kept().stream().anyMatch(change -> change.verdict() == Verdict.UNTESTED);
        return untested ? "no large loss of what it knew" : "kept what it knew: no loss beyond noise";
    }
}
