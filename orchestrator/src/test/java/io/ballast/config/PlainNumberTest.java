package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlainNumberTest {
    @ParameterizedTest
    @CsvSource({"30.0, 30", "0.01, 0.01", "1e-7, 1E-7", "1e22, 10000000000000000000000", "-250.0, -250", "-0.0, 0",
        "0.30000000000000004, 0.30000000000000004"})
    void wholeNumbersHaveNeitherPointNorExponent(double value, String text) {
        assertEquals(text, PlainNumber.of(value).toString());
    }

    @Test
    void theTextIsReadBackAsTheSameNumber() {
        Random random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                assertEquals(value, Double.parseDouble(PlainNumber.of(value).toString()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void whatIsNotFiniteIsRefused(double value) {
        assertThrows(NumberFormatException.class, () -> PlainNumber.of(value));
    }
}
