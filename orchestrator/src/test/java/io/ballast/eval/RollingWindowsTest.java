package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.data.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RollingWindowsTest {
    /**
     * Expected rows: {@code map(make_disjoint_window, get_rolling_token_windows(range(1, n + 1), 0, 4, 1))} of
     * {@code lm_eval.utils}, context | continuation.
     */
    @ParameterizedTest
    @CsvSource({"3, 0|123", "4, 0|1234", "5, 0|1234 1234|5", "8, 0|1234 4|5678", "9, 0|1234 4|5678 5678|9"})
    void windowsAreLmEvals(int tokens, String expected) {
        Example document = new Example(IntStream.rangeClosed(0, tokens).toArray(), 1);
        assertEquals(expected, String.join(" ",
                RollingWindows.of(document, 4).stream().map(RollingWindowsTest::digits).toList()));
    }

    private static String digits(Example window) {
        StringBuilder text = new StringBuilder();
        Arrays.stream(window.ids()).forEach(text::append);
        return text.insert(window.targetStart(), '|').toString();
    }

    @Test
    void everyTokenIsScoredOnceAndNoWindowIsTooLong() {
        for (int length = 1; length < 60; length++) {
            for (int maxLength = 1; maxLength < 20; maxLength++) {
                List<Integer> scored = new ArrayList<>();
                for (Example window : RollingWindows.of(
                        new Example(IntStream.range(0, length).toArray(), 1), maxLength)) {
                    assertTrue(window.positions() <= maxLength);
                    Arrays.stream(window.ids()).skip(window.targetStart()).forEach(scored::add);
                }
                assertEquals(IntStream.range(1, length).boxed().toList(), scored);
            }
        }
    }
}
