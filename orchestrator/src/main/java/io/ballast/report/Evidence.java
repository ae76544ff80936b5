package io.ballast.report;

import java.util.Comparator;
import java.util.List;

/**
 * What the numbers of a run say, as the headline and the suggestions ask it.
 *
 * @param run     the run's files
 * @param changes what was learned and kept
 */
record Evidence(RunFiles run, Changes changes) {

    static Evidence of(RunFiles run) {
        Changes changes = Changes.of(run.result());
        boolean measuresOnly = isGeneralOnly(run.experiment());
        return new Evidence(run, measuresOnly ? new Changes(List.of(), changes.kept()) : changes);
    }

    private static boolean isGeneralOnly(Fields experiment) {
        return !experiment.object("general").isEmpty() && experiment.oneOrMore("domain").isEmpty();
    }

    String status() {
        return run.result().text("status").orElse("unknown");
    }

    /** @return false only where the experiment is known to measure importance and no more */
    boolean hasDomainPhase() {
        return !isGeneralOnly(run.experiment());
    }

    /** @return the stage at which the last general score was taken, or an empty text */
    String lastGeneralStage() {
        return run.result().objects("scores").stream()
                .filter(score -> score.text("role").filter("general"::equals).isPresent())
                .reduce((first, second) -> second).flatMap(score -> score.text("stage")).orElse("");
    }

    /** @return whether what was kept is known for after the domain phase, and not only for before it */
    boolean measuredToTheEnd() {
        return measuredLearned() || measuredKept() && !hasDomainPhase()
                || measuredKept() && !List.of("", "base", "anchored").contains(lastGeneralStage());
    }

    boolean hasGeneralPhase() {
        return !run.experiment().object("general").isEmpty();
    }

    String method() {
        Fields retention = run.experiment().object("retention");
        return retention.text("method").or(() -> run.result().object("importance").text("method")).orElse("none");
    }

    boolean isHeldBack() {
        return !method().equals("none");
    }

    boolean measuredLearned() {
        return !changes.learned().isEmpty();
    }

    boolean measuredKept() {
        return !changes.kept().isEmpty();
    }

    boolean learned() {
        return changes.learned().stream().anyMatch(Change::improved);
    }

    boolean learnedALot() {
        return changes.learned().stream().anyMatch(change -> change.improved() && change.isLarge());
    }

    boolean lost() {
        return changes.kept().stream().anyMatch(Change::worsened);
    }

    boolean lostALot() {
        return changes.kept().stream().anyMatch(change -> change.worsened() && change.isLarge());
    }

    /** @return the general score that fell most; there must be one */
    Change worstLoss() {
        return changes.kept().stream().filter(Change::worsened)
                .min(Comparator.comparingDouble(Change::improvement)).orElseThrow();
    }

    /** @return why the run failed or stopped, or an empty text */
    String message() {
        return run.result().text("message").orElse("");
    }

    /** @return the last event of training: a step, or the beginning of a phase; empty before any phase began */
    Fields lastStep() {
        return run.events().stream().filter(event -> event.text("phase").isPresent())
                .filter(event -> event.text("type").filter(List.of("step", "phase")::contains).isPresent())
                .reduce((first, second) -> second).orElse(Fields.of(null));
    }
}
