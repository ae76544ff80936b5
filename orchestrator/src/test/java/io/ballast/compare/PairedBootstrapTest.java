package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.eval.Aggregation;
import io.ballast.eval.Contribution;
import io.ballast.eval.SomeDocuments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PairedBootstrapTest {
    @Test
    void bootstrapIntervalOfAMeanIsTheNormalOne() {
        Random random = new Random(11);
        List<Contribution> before = new ArrayList<>();
        List<Contribution> after = new ArrayList<>();
        double[] differences = new double[1000];
        for (int i = 0; i < differences.length; i++) {
            double common = random.nextGaussian();
            differences[i] = 0.1 + 0.3 * random.nextGaussian();
            before.add(new Contribution(common, 1));
            after.add(new Contribution(common + differences[i], 1));
        }
        // A 2.5 % quantile of 10,000 draws has itself an
        // error of .027 standard errors.
        PairedBootstrap.Changes changes = PairedBootstrap.of(Aggregation.MEAN, before, after).draw(5);
        double mean = Arrays.stream(differences).average().orElseThrow();
        double error = Math.sqrt(Arrays.stream(differences).map(d -> (d - mean) * (d - mean)).sum()) / 1000;
        assertEquals(mean - 1.959964 * error, changes.quantile(0.025), 0.1 * error);
        assertEquals(mean + 1.959964 * error, changes.quantile(0.975), 0.1 * error);
        assertEquals(2.0 / 10_001, changes.p(), 1e-12);
    }

    @Test
    void bootstrapIntervalOfAPerplexityCoversTheTrueChange() {
        // The truth: both models have the same nats per token in expectation, so the change is 0.
        Random random = new Random(7);
        int covered = 0;
        int rejected = 0;
        int trials = 600;
        for (int trial = 0; trial < trials; trial++) {
            List<Contribution> before = new ArrayList<>();
            List<Contribution> after = new ArrayList<>();
            for (Contribution shared : SomeDocuments.of(random, 60)) {
                before.add(jittered(shared, random));
                after.add(jittered(shared, random));
            }
            PairedBootstrap.Changes changes = PairedBootstrap.of(Aggregation.PERPLEXITY, before, after).draw(trial);
            covered += changes.quantile(0.025) <= 0 && changes.quantile(0.975) >= 0 ? 1 : 0;
            rejected += changes.p() < 0.05 ? 1 : 0;
        }
        // The same experiment with numpy, 2,000 times: .9375; percentile intervals are short for 60 documents.
        // Three standard errors of 600 trials are .03.
        assertEquals(0.9375, (double) covered / trials, 0.03);
        assertEquals(trials - covered, rejected, 3);
    }

    private static Contribution jittered(Contribution document, Random random) {
        return new Contribution(document.total() + document.weight() * 0.2 * random.nextGaussian(), document.weight());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void bootstrapRepeatsWithItsSeed(long seed) {
        List<Contribution> before = SomeDocuments.of(new Random(1), 30);
        List<Contribution> after = SomeDocuments.of(new Random(2), 30);
        PairedBootstrap bootstrap = PairedBootstrap.of(Aggregation.PERPLEXITY, before, after);
        assertEquals(bootstrap.draw(seed).quantile(0.025), bootstrap.draw(seed).quantile(0.025));
        assertEquals(1, bootstrap.draw(seed).quantile(0.025) / bootstrap.draw(seed + 10).quantile(0.025), 0.2);
    }

    /** Expected values: {@code numpy.quantile([1, 2, 4, 8], q)}. */
    @ParameterizedTest
    @CsvSource({"0,1", "0.025,1.075", "0.5,3", "0.975,7.7", "1,8"})
    void quantilesAreNumpys(double probability, double expected) {
        assertEquals(expected, new PairedBootstrap.Changes(new double[] {1, 2, 4, 8}).quantile(probability), 1e-12);
    }
}
