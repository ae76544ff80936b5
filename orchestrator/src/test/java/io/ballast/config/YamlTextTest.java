package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.ballast.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlTextTest {
    private static final Place FILE = Place.of("a.yaml");

    @ParameterizedTest
    @CsvSource({"1e-4, 1e-4", "5E-4, 5e-4", "1.0e-4, 1e-4", "-2e3, -2000", ".5, 0.5", "80, 80"})
    void numbersAreNumbersAlsoWithAnExponent(String yaml, double expected) {
        JsonElement value = YamlText.parse("a: " + yaml, FILE).getAsJsonObject().get("a");
        assertTrue(value.getAsJsonPrimitive().isNumber(), yaml);
        assertEquals(expected, value.getAsDouble());
    }

    @Test
    void wordsOfYaml11AreTexts() {
        assertEquals("{\"a\":\"no\",\"b\":\"on\",\"c\":\"2026-01-01\",\"d\":\"1:30\"}",
                YamlText.parse("a: no\nb: on\nc: 2026-01-01\nd: 1:30", FILE).toString());
    }

    @Test
    void anAliasIsACopy() {
        assertEquals("{\"a\":{\"x\":1},\"b\":{\"x\":1}}", YamlText.parse("a: &a {x: 1}\nb: *a", FILE).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "`a: 1\nb: 2\na: 3`      |line 3",
        "`a: [1, 2`              |line 1",
        "`a: 1\n b: 2`           |line 2",
        "`a: 1\n---\nb: 2`       |not YAML",
        "`1: a`                  |expected a text as key, found 1",
        "`a: .inf`               |expected a finite number",
        "`a: &x {b: *x}`         |nested deeper",
    })
    void whatIsWrongIsRefusedWithItsPlace(String yaml, String expected) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> YamlText.parse(yaml, FILE));
        assertTrue(e.getMessage().contains(expected), e.getMessage());
        assertTrue(e.getMessage().contains("a.yaml"), e.getMessage());
    }

    /** The engine's own limit, 50 aliases of collections, lets 2²⁵ through. */
    @Test
    void aliasesOfAliasesAreRefused() {
        StringBuilder laughs = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 0; i < 24; i++) {
            laughs.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i + 1, i + 1, i, i));
        }
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> YamlText.parse(laughs.toString(), FILE));
        assertTrue(e.getMessage().contains("stand for more than 100000 values"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: !!javax.script.ScriptEngineManager [x]", "a: !!java.net.URL [\"http://x\"]", "a: !own x",
        "a: !!binary aGk=", "a: !!set {x}"})
    void typesAreRefused(String yaml) {
        assertThrows(InvalidInputException.class, () -> YamlText.parse(yaml, FILE));
    }

    /** Found by fuzzing: the engine's own exception is none of its kind. */
    @ParameterizedTest
    @ValueSource(strings = {"a: [\"\\x\"]", "a: \"\\u12\"", "a: \"\\U\"", "a: \"\\x", "a: \"\\UFFFFFFFF\""})
    void anEscapeThatIsNotWholeIsRefused(String yaml) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> YamlText.parse(yaml, FILE));
        assertTrue(e.getMessage().contains("a.yaml"), e.getMessage());
    }

    @Test
    void deepNestingIsRefused() {
        assertThrows(InvalidInputException.class, () -> YamlText.parse("[".repeat(100_000), FILE));
    }
}
