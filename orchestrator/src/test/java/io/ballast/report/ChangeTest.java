package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangeTest {
    @ParameterizedTest
    @CsvSource({
        "better, BETTER", "worse, WORSE", "no change beyond noise, NOISE", "'', UNTESTED", "<b>, UNTESTED"})
    void theVerdictIsTheOneThatTheResultHas(String words, Verdict expected) {
        assertEquals(expected, Verdict.of(words));
    }

    @Test
    void fivePointsAreLargeAndFourAreNot() {
        assertTrue(change(true, 0.55, 0.50, -0.06, -0.04).isLarge());
        assertFalse(change(true, 0.54, 0.50, -0.05, -0.03).isLarge());
    }

    @Test
    void aPerplexityIsComparedRelativeToBefore() {
        assertTrue(change(false, 100, 110, 9, 11).isLarge());
        assertFalse(change(false, 100, 109, 8, 10).isLarge());
        assertEquals(-0.09, change(false, 100, 109, 8, 10).improvement(), 1e-12);
        assertTrue(change(false, 100, 200, 90, 110).isSevere());
    }

    @Test
    void aScoreThatIsNoLongerANumberIsTheWorstLoss() {
        for (double after : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            Change broken = change(false, 2.5, after, Double.NaN, Double.NaN);
            assertTrue(broken.worsened() && broken.isSevere());
            assertEquals("t m is no longer a finite number", broken.inWords());
        }
    }

    @Test
    void withoutAnIntervalOnlyALargeChangeCounts() {
        assertTrue(change(true, 0.2, 0.9, Double.NaN, Double.NaN).improved());
        assertFalse(change(true, 0.20, 0.22, Double.NaN, Double.NaN).improved());
    }

    @Test
    void anIntervalThatHoldsZeroAndALargeLossIsInconclusive() {
        assertTrue(change(true, 0.5, 0.49, -0.08, 0.06).isInconclusive());
        assertFalse(change(true, 0.5, 0.49, -0.03, 0.01).isInconclusive());
        assertTrue(change(false, 10, 10.2, -0.9, 1.3).isInconclusive());
    }

    @Test
    void wordsNameTheSizeInTheScoresOwnUnit() {
        assertEquals("t m fell by 11 points", change(true, 0.3467, 0.2367, -0.14, -0.08).inWords());
        assertEquals("t m rose by 24.6 %", change(false, 2.691, 3.353, 0.6, 0.7).inWords());
        assertEquals("t m rose 6.4-fold", change(false, 2.691, 17.12, 13, 15).inWords());
    }

    static Change change(boolean higherIsBetter, double before, double after, double low, double high) {
        Verdict verdict = Double.isNaN(low) ? Verdict.UNTESTED : low <= 0 && high >= 0 ? Verdict.NOISE
                : low > 0 == higherIsBetter ? Verdict.BETTER : Verdict.WORSE;
        return new Change("t", "m", higherIsBetter, before, after, low, high, 0.5, 0.5, "test", 0, 0, 0.01, verdict);
    }
}
