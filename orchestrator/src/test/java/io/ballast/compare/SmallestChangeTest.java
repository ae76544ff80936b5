package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.eval.Aggregation;
import io.ballast.eval.Contribution;
import io.ballast.eval.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmallestChangeTest {
    /** Connor's sample size for that change is n again; z of 0.975 and 0.8 from tables. */
    @ParameterizedTest
    @CsvSource({"22,11", "100,20", "390,186", "1000,50", "14042,1500"})
    void connorsSampleSizeForItIsTheNumberOfItems(int n, int flipped) {
        double change = SmallestChange.ofFlips(flipped, n);
        double share = (double) flipped / n;
        assertTrue(change < share, "all flips need not go one way");
        double root = 1.95996 * Math.sqrt(share) + 0.84162 * Math.sqrt(share - change * change);
        assertEquals(n, root * root / (change * change), 1e-3 * n);
    }

    /** powerandsamplesize.com's example: flips of 0.45 and 0.05, so a change of 0.4, need 23 pairs (22.01 unrounded). */
    @Test
    void thePublishedExampleComesOut() {
        assertEquals(0.4, SmallestChange.ofFlips(11, 22), 1e-3);
    }

    /** The exact test is a little more careful than the normal one that the formula is of. */
    @ParameterizedTest
    @CsvSource({"400,80", "1000,100", "1000,600"})
    void mcNemarFindsItInFourOfFiveExperiments(int n, int flipped) {
        double change = SmallestChange.ofFlips(flipped, n);
        double share = (double) flipped / n;
        assertEquals(0.785, power(n, (share + change) / 2, (share - change) / 2), 0.045);
    }

    @Test
    void withoutFlipsItIsWhatFlipsAllOneWayWouldShow() {
        double change = SmallestChange.ofFlips(0, 500);
        // Six flips one way are the fewest with p < 0.05; a mean of 7.9 gives six or more with probability 0.8.
        assertEquals(7.9 / 500, change, 0.1 / 500);
        assertEquals(0.8, power(500, change, 0), 0.04);
        assertEquals(change, SmallestChange.ofFlips(3, 500), "no change is larger than the share that flips");
    }

    @Test
    void tooFewItemsShowNothing() {
        assertNull(SmallestChange.ofFlips(1, 2));
        assertNull(SmallestChange.ofFlips(3, 3));
        assertTrue(SmallestChange.ofFlips(0, 12) < 1);
        assertNull(SmallestChange.ofMeans(Aggregation.MEAN, draws(1, 0, 1), draws(1, 0, 1)));
        assertNull(SmallestChange.ofMeans(Aggregation.MEAN, draws(9, 0, 1), draws(9, 0, 1)), "no spread");
    }

    /** Share of experiments in which McNemar's exact test says p < 0.05. */
    private static double power(int n, double wrong, double right) {
        Random random = new Random(n);
        int trials = 3000;
        int found = 0;
        for (int trial = 0; trial < trials; trial++) {
            int newlyWrong = 0;
            int newlyRight = 0;
            for (int i = 0; i < n; i++) {
                double draw = random.nextDouble();
                newlyWrong += draw < wrong ? 1 : 0;
                newlyRight += draw >= wrong && draw < wrong + right ? 1 : 0;
            }
            found += McNemarTest.p(newlyWrong, newlyRight) < 0.05 ? 1 : 0;
        }
        return (double) found / trials;
    }

    @Test
    void aMeansIsTwoPointEightStandardErrorsOfTheDifferences() {
        List<Contribution> before = List.of(new Contribution(1, 1), new Contribution(2, 1), new Contribution(4, 1));
        List<Contribution> after = List.of(new Contribution(2, 1), new Contribution(2, 1), new Contribution(9, 1));
        // Differences 1, 0, 5: standard deviation √7, standard error √(7/3).
        assertEquals((1.959964 + 0.841621) * Math.sqrt(7 / 3.0), SmallestChange.ofMeans(Aggregation.MEAN, before, after),
                1e-5);
    }

    /** A perplexity's change of that size is found in four of five data sets by its own standard error. */
    @Test
    void aPerplexitysIsFoundInFourOfFiveDataSets() {
        double typical = IntStream.range(0, 50).mapToDouble(i ->
                SmallestChange.ofMeans(Aggregation.PERPLEXITY, draws(200, 0, i), draws(200, 0, i + 1000))).average()
                .orElseThrow();
        double base = Math.exp(1.5);
        double shift = Math.log1p(typical / base);
        int found = 0;
        int trials = 1000;
        for (int trial = 0; trial < trials; trial++) {
            List<Contribution> before = draws(200, 0, 5000 + trial);
            List<Contribution> after = draws(200, shift, 9000 + trial);
            double change = Estimate.of(Aggregation.PERPLEXITY, after).value()
                    - Estimate.of(Aggregation.PERPLEXITY, before).value();
            double error = SmallestChange.ofMeans(Aggregation.PERPLEXITY, before, after) / (1.959964 + 0.841621);
            found += Math.abs(change) > 1.959964 * error ? 1 : 0;
        }
        assertEquals(0.8, (double) found / trials, 0.05);
    }

    /** Texts of 50 tokens with 1.5 nats each, more or less. */
    private static List<Contribution> draws(int n, double shift, long seed) {
        Random random = new Random(seed * 7919);
        List<Contribution> draws = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            draws.add(new Contribution(50 * (1.5 + shift + 0.3 * random.nextGaussian()), 50));
        }
        return draws;
    }
}
