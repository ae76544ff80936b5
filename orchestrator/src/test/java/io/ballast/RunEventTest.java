package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParseException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunEventTest {
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05Z");

    private static RunEvent event(Map<String, Object> fields) {
        return new RunEvent(TIME, "step", "domain", 3, fields);
    }

    @Test
    void whatIsWrittenIsReadBack() {
        RunEvent event = event(Map.of("steps", 10L, "loss", 1.5, "message", "\"a\\\" \u2028 b", "list",
                List.of("x", 2L)));
        assertEquals(event, RunEvent.parse(event.toJson()));
    }

    @Test
    void aNumberThatIsNotFiniteIsReadAsANumberAndItsNameInATextAsAText() {
        RunEvent event = event(Map.of("loss", Double.NaN, "penalty", Double.POSITIVE_INFINITY, "gradientNorm",
                Double.NEGATIVE_INFINITY, "message", "the loss is NaN, \"-Infinity\"", "name", "NaN",
                "scores", List.of(Map.of("value", Double.NaN, "task", "Infinity"))));
        assertTrue(event.toJson().contains("\"loss\":NaN"), "as Python reads it");
        assertEquals(event, RunEvent.parse(event.toJson()));
    }

    @Test
    void whatIsNoEventIsRefused() {
        assertThrows(JsonParseException.class, () -> RunEvent.parse("{\"type\": \"step\"}"));
        assertThrows(JsonParseException.class, () -> RunEvent.parse("NaN"));
    }
}
