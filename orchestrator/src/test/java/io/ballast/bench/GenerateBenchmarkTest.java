package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class GenerateBenchmarkTest {
    @Test
    void bothSidesWriteTheSameTokens() {
        // Other tokens on either side than on the other would be an error.
        List<Measurement> measured = new GenerateBenchmark().run(Requests.tiny(1, "rows", "3", "tokens", "8"));
        assertEquals(List.of("generate, batch 3"), measured.stream().map(Measurement::name).toList());
    }
}
