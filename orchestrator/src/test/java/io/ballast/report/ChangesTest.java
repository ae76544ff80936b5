package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChangesTest {
    @Test
    void keptIsForgettingAndLearnedIsTheDomainScores() {
        Changes changes = FixtureRuns.evidence("held-back").changes();
        assertEquals(List.of("medmcqa-text", "medmcqa"), changes.learned().stream().map(Change::task).toList());
        assertEquals(List.of("stories", "sciq"), changes.kept().stream().map(Change::task).toList());
        assertEquals(List.of(Verdict.BETTER, Verdict.NOISE), changes.learned().stream().map(Change::verdict).toList());
        assertEquals(List.of(Verdict.WORSE, Verdict.NOISE), changes.kept().stream().map(Change::verdict).toList());
    }

    @Test
    void theIntervalOfALearnedScoreComesFromBothStandardErrors() {
        Change accuracy = FixtureRuns.evidence("held-back").changes().learned().get(1);
        assertEquals(0.28 - 0.2733 - 1.96 * Math.sqrt(2) * 0.0257, accuracy.low(), 1e-12);
    }

    @Test
    void domainScoresBeforeTheDomainPhaseAreNothingLearned() {
        assertEquals(List.of(), FixtureRuns.evidence("stopped").changes().learned());
        assertEquals(List.of(), FixtureRuns.evidence("importance-only").changes().learned());
    }
}
