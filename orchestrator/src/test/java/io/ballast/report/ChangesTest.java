package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChangesTest {
    @Test
    void keptIsForgettingAndLearnedIsTheDomainsOwnList() {
        Changes changes = FixtureRuns.evidence("held-back").changes();
        assertEquals(List.of("medmcqa-text", "medmcqa"), changes.learned().stream().map(Change::task).toList());
        assertEquals(List.of("stories", "sciq"), changes.kept().stream().map(Change::task).toList());
        assertEquals(List.of(Verdict.BETTER, Verdict.NOISE), changes.learned().stream().map(Change::verdict).toList());
        assertEquals(List.of(Verdict.WORSE, Verdict.NOISE), changes.kept().stream().map(Change::verdict).toList());
    }

    @Test
    void aResultOfAnEarlierVersionHasDomainScoresWithoutAVerdict() {
        JsonObject result = FixtureRuns.read("held-back").result().json().deepCopy();
        result.remove("learned");
        List<Change> learned = Changes.of(Fields.of(result)).learned();
        assertEquals(List.of("medmcqa-text", "medmcqa"), learned.stream().map(Change::task).toList());
        assertEquals(List.of(Verdict.UNTESTED, Verdict.UNTESTED), learned.stream().map(Change::verdict).toList());
        assertEquals(0.28, learned.get(1).after());
    }

    @Test
    void domainScoresBeforeTheDomainPhaseAreNothingLearned() {
        assertEquals(List.of(), FixtureRuns.evidence("stopped").changes().learned());
        assertEquals(List.of(), FixtureRuns.evidence("importance-only").changes().learned());
    }
}
