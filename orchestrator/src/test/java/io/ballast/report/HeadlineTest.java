package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadlineTest {
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
