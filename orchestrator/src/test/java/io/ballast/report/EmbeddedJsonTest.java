package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.StringReader;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EmbeddedJsonTest {
    @Test
    void whatIsEmbeddedParsesBackEqual() {
        JsonElement element = JsonParser.parseString("""
                {"a": [1, -2.5e-7, true, null, {}, []], "b": {"nested": "line\\nbreak \\" \\\\ \\u0000 \\t"},
                 "</script>": "<!-- <script> & ]]>", "\\u2028": "\\u2029 \\ud83e\\udd9c اختبار"}""");
        assertEquals(element, strict(EmbeddedJson.of(element)));
    }

    @Test
    void noRandomTextCanLeaveItsScriptElement() {
        Random random = new Random(7);
        String alphabet = "<>&/!-script\u2028\u2029\"\\\n\r\0é\ud83e\udd9c";
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            random.ints(20, 0, alphabet.length()).forEach(i -> text.append(alphabet.charAt(i)));
            String json = EmbeddedJson.of(new JsonPrimitive(text.toString()));
            assertFalse(json.matches("(?s).*[<>&\u2028\u2029\n\r\0].*"), json);
            assertEquals(json, EmbeddedJson.of(strict(json)));
        }
    }

    @Test
    void numbersThatAreNotFiniteAreTexts() {
        JsonArray values = new JsonArray();
        values.add(Double.NaN);
        values.add(Double.POSITIVE_INFINITY);
        values.add(Double.NEGATIVE_INFINITY);
        values.add(0.5);
        assertEquals("[\"NaN\",\"Infinity\",\"-Infinity\",0.5]", EmbeddedJson.of(values));
    }

    @Test
    void halfASurrogatePairBecomesTheReplacementCharacter() {
        JsonObject object = new JsonObject();
        object.addProperty("x\udd9c", "\ud83e y");
        assertEquals("{\"x\uFFFD\":\"\uFFFD y\"}", EmbeddedJson.of(object));
    }

    static JsonElement strict(String json) {
        JsonReader reader = new JsonReader(new StringReader(json));
        reader.setStrictness(Strictness.STRICT);
        return JsonParser.parseReader(reader);
    }
}
