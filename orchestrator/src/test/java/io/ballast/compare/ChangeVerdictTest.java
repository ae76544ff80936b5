package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangeVerdictTest {
    @ParameterizedTest
    @CsvSource({
        "0.5, 0.6, true,  0.049, BETTER", "0.5, 0.4, true,  0.049, WORSE", "0.5, 0.4, true,  0.05, NOISE",
        "3.0, 2.0, false, 0.001, BETTER", "3.0, 4.0, false, 0.001, WORSE", "3.0, 3.0, false, 1, NOISE"})
    void theAdjustedPDecidesAndTheDirectionOfTheMetric(double before, double after, boolean higherIsBetter,
            double adjustedP, ChangeVerdict expected) {
        assertEquals(expected, ChangeVerdict.of(before, after, higherIsBetter, adjustedP));
    }

    @ParameterizedTest
    @CsvSource({"2.5, NaN, WORSE", "2.5, Infinity, WORSE", "NaN, 2.5, BETTER", "NaN, NaN, NOISE"})
    void aScoreThatIsNoLongerANumberIsWorseWhateverATestSays(double before, double after, ChangeVerdict expected) {
        assertEquals(expected, ChangeVerdict.of(before, after, false, 0.0002));
        assertEquals(expected, ChangeVerdict.of(before, after, true, 1));
    }
}
