package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void accuracysStandardErrorIsTheSampleOne() {
        Estimate estimate = Estimate.of(Aggregation.MEAN,
                Stream.of(true, false, false, true, false).map(Contribution::of).toList());
        assertEquals(0.4, estimate.value(), 1e-15);
        // lm_eval.api.metrics.mean_stderr([1, 0, 0, 1, 0])
        assertEquals(0.24494897427831783, estimate.stderr(), 1e-15);
        assertEquals(5, estimate.n());
    }

    @Test
    void oneDocumentHasNoStandardError() {
        assertNull(Estimate.of(Aggregation.MEAN, List.of(Contribution.of(true))).stderr());
    }

    @Test
    void perplexityIsExpOfNatsPerToken() {
        Estimate estimate = Estimate.of(Aggregation.PERPLEXITY,
                List.of(new Contribution(6, 3), new Contribution(1, 2), new Contribution(5, 5)));
        assertEquals(Math.exp(12 / 10.0), estimate.value(), 1e-12);
    }

    @Test
    void perplexitysStandardErrorIsItsSpreadOverSamples() {
        // 2,000 data sets of 400 documents: the mean claimed error is the spread that is really there.
        Random random = new Random(3);
        List<Double> values = new ArrayList<>();
        double claimed = 0;
        for (int i = 0; i < 2000; i++) {
            Estimate estimate = Estimate.of(Aggregation.PERPLEXITY, SomeDocuments.of(random, 400));
            values.add(estimate.value());
            claimed += estimate.stderr() / 2000;
        }
        double mean = values.stream().mapToDouble(d -> d).average().orElseThrow();
        double spread = Math.sqrt(values.stream().mapToDouble(d -> (d - mean) * (d - mean)).sum() / 1999);
        assertEquals(1, claimed / spread, 0.05);
    }

    @Test
    void compensatedSumKeepsWhatAPlainSumLoses() {
        assertEquals(2, CompensatedSum.of(1, 1e100, 1, -1e100));
        assertEquals(Double.POSITIVE_INFINITY, CompensatedSum.of(1, Double.POSITIVE_INFINITY));
    }
}
