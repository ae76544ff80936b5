package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class GrowthBenchmarkTest {
    @Test
    void rowsAreComparedWithTheFewestOfThem() {
        List<Measurement> measured = new GrowthBenchmark().run(Requests.tiny(1, "parts", "rows", "rows", "10000"));
        assertEquals(List.of("growth/rows=1000, data: s", "growth/rows=10000, data: s", "growth/rows=1000, data: MB",
                "growth/rows=10000, data: MB", "growth/rows, data: exponent of s", "growth/rows, data: the most rows' heap"),
                measured.stream().map(Measurement::name).toList());
        assertEquals(1, measured.get(0).ratio());
        assertTrue(measured.get(1).ours() > measured.get(0).ours());
    }

    @Test
    void tooFewRowsToTellGrowthAreRefused() {
        for (String rows : List.of("999", "9999")) {
            String message = assertThrows(InvalidInputException.class,
                    () -> new GrowthBenchmark().run(Requests.tiny(1, "parts", "rows", "rows", rows))).getMessage();
            assertTrue(message.contains("expected a whole number of 10000 or more") && message.contains(rows), message);
        }
    }

    @Test
    void anUnknownPartIsRefusedWithThoseThatThereAre() {
        String message = assertThrows(InvalidInputException.class,
                () -> new GrowthBenchmark().run(Requests.tiny(1, "parts", "width"))).getMessage();
        assertTrue(message.contains("--parts: expected some of parameters, context, domains, found width"), message);
    }
}
