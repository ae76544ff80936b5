package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadlineTest {
    private static Change change(String metric, double after, Verdict verdict) {
        return new Change("medmcqa", metric, true, 0.5, after, after - 0.53, after - 0.47, 0.01, 0.01, "", 0, 0, 0.04,
                verdict);
    }

    @Test
    void aDomainScoreThatGotWorseIsNamedBesideOneThatGotBetter() {
        Evidence run = FixtureRuns.evidence("held-back");
        Evidence mixed = new Evidence(run.run(), new Changes(List.of(change("acc", 0.6, Verdict.BETTER),
                change("acc_norm", 0.44, Verdict.WORSE)), List.of()));
        assertEquals("Learned part of the domain, but medmcqa acc_norm fell by 6 points; what was kept was not measured.",
                Headline.of(mixed));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "held-back       | Learned the domain; lost some of what it knew: stories perplexity rose by 24.6 %.",
        "plain           | Learned the domain; lost much of what it knew: stories perplexity rose 6.4-fold.",
        "importance-only | Importance measured; kept what it knew: no loss beyond noise.",
        "only-domain     | Learned the domain; what was kept was not measured.",
        "unevaluated     | Trained, but nothing was evaluated before and after.",
        "stopped         | Stopped in the domain phase at step 60 of 120.",
        "failed          | Failed in the domain phase at step 40 of 120.",
        "bare            | Failed before any training step."})
    void theHeadlineSaysWhatTheNumbersSay(String run, String headline) {
        assertEquals(headline, Headline.of(FixtureRuns.evidence(run)));
    }
}
