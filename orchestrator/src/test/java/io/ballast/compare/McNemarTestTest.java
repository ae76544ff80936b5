package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class McNemarTestTest {
    /** Expected values: {@code scipy.stats.binomtest(wrong, wrong + right, 0.5).pvalue}. */
    @ParameterizedTest
    @CsvSource({"0,0,1.0", "1,0,1.0", "5,0,0.0625", "0,8,0.0078125", "9,3,0.14599609375",
            "30,12,0.007915897334896727", "57,57,1.0", "400,330,0.010605994778707762"})
    void mcNemarEqualsScipysBinomialTest(int newlyWrong, int newlyRight, double expected) {
        assertEquals(expected, McNemarTest.p(newlyWrong, newlyRight), 1e-12);
    }
}
