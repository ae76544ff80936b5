package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
    private static final Place FILE = Place.of("a.json");

    @Test
    void treeIsGsons() {
        String json = "{\"a\": [1, 2.5, -1e-4, true, null, \"x\\u00e9\"], \"b\": {}}";
        assertEquals(JsonParser.parseString(json).toString().replace("-1e-4", "-0.0001"),
                JsonText.parse(json, FILE).toString().replace("-0.00010", "-0.0001"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"a\": 1,}                |line 1 column 10",
        "{\"a\" 1}                  |line 1 column 7",
        "{'a': 1}                   |line 1 column",
        "{\"a\": 1} {}              |line 1 column",
        "{\"a\": 01}                |line 1 column",
        "{\"a\": NaN}               |line 1 column",
        "{\"a\": // why             |line 1 column",
        "{\"a\": [1, 2              |ends too early",
        "''                         |ends too early",
    })
    void brokenJsonIsRefusedWithItsPosition(String json, String expected) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> JsonText.parse(json, FILE));
        assertTrue(e.getMessage().startsWith("a.json: this is not JSON"), e.getMessage());
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }

    @Test
    void positionCountsLines() {
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> JsonText.parse("{\n  \"a\": 1\n  \"b\": 2\n}", FILE));
        assertTrue(e.getMessage().contains("line 3"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\": {\"b\": 1, \"c\": 2, \"b\": 3}}"})
    void theSameKeyTwiceIsRefused(String json) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> JsonText.parse(json, FILE));
        assertTrue(e.getMessage().startsWith("a.b in a.json: the key is there twice at line 1"), e.getMessage());
    }

    @Test
    void endlessNestingIsRefused() {
        String json = "[".repeat(100_000);
        assertThrows(InvalidInputException.class, () -> JsonText.parse(json, FILE));
    }

    @Test
    void aNumberWithAnExponentThatNobodyCanHoldIsRefused() {
        assertThrows(InvalidInputException.class, () -> JsonText.parse("{\"a\": 1e99999999999}", FILE));
    }
}
