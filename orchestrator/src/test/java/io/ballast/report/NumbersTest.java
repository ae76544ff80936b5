package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    @ParameterizedTest
    @CsvSource({"2.69123, 3, 2.69", "90.0, 2, 90", "0.03, 2, 0.03", "7115.4, 4, 7115", "0.000025, 2, 2.5e-5",
        "1.2e9, 2, 1.2e9", "0, 3, 0", "NaN, 3, –", "Infinity, 3, ∞", "-0.5, 2, -0.5"})
    void aNumberHasSoManySignificantDigits(double value, int digits, String expected) {
        assertEquals(expected, Numbers.significant(value, digits));
    }
}
