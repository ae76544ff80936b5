package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    private static final List<String> COMMANDS = List.of("run", "validate", "schema", "eval", "inspect", "demo");

    @ParameterizedTest
    @CsvSource({"rnu, run", "valdate, validate", "Schema, schema", "inspct, inspect", "dmeo, demo"})
    void aSlipOfTheHandFindsTheName(String written, String expected) {
        assertEquals(Optional.of(expected),
                NearestName.of(written, COMMANDS));
    }

    @ParameterizedTest
    @CsvSource({"batch_size, batchSize", "learning-rate, learningRate", "LEARNINGRATE, learningRate"})
    void anotherWayOfWritingFindsTheName(String written, String expected) {
        assertEquals(Optional.of(expected), NearestName.of(written, List.of("batchSize", "learningRate", "steps")));
    }

    @ParameterizedTest
    @CsvSource({"quantise", "x", "''"})
    void whatIsFarFromEverythingFindsNothing(String written) {
        assertEquals(Optional.empty(), NearestName.of(written, COMMANDS));
    }

    @ParameterizedTest
    @CsvSource({"kitten, sitting, 3", "'', abc, 3", "abc, abc, 0", "ab, ba, 1", "ca, abc, 3", "a cat, an act, 2"})
    void distanceIsThatOfOptimalStringAlignment(String a, String b, int expected) {
        assertEquals(expected, NearestName.distance(a, b));
        assertEquals(expected, NearestName.distance(b, a));
    }

    @Test
    void adviceNamesEverything() {
        assertEquals("Did you mean 'run'? There is: run, eval.", NearestName.advice("rum", List.of("run", "eval")));
        assertEquals("There is: run, eval.", NearestName.advice("something", List.of("run", "eval")));
    }
}
