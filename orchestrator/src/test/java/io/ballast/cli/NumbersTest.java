package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    @ParameterizedTest
    @CsvSource({"0.75, 0.750", "12.345, 12.3", "-3.14159, -3.142", "7654321, 7.65e+06", "NaN, NaN"})
    void scoresHaveTheDigitsThatMatter(double value, String expected) {
        assertEquals(expected, Numbers.score(value));
    }

    @Test
    void changesHaveTheirSign() {
        assertEquals("+0.500", Numbers.change(0.5));
        assertEquals("-0.500", Numbers.change(-0.5));
        assertEquals("0.000", Numbers.change(0));
    }

    @ParameterizedTest
    @CsvSource({"0, 0:00", "59.6, 1:00", "61, 1:01", "3725, 62:05"})
    void timeIsMinutesAndSeconds(double seconds, String expected) {
        assertEquals(expected, Numbers.clock(seconds));
    }

    @ParameterizedTest
    @CsvSource({"999, '', 999", "15191712, '', 15.2 M", "2048, B, 2.0 kB", "12, B, 12 B"})
    void largeNumbersAreShort(double count, String unit, String expected) {
        assertEquals(expected, Numbers.large(count, unit));
    }
}
