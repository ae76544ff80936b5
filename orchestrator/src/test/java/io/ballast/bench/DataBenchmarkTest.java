package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class DataBenchmarkTest {
    @Test
    void bothSidesStoreTheSameIdsAndStartsOfCompletions() {
        // Other ids on either side than on the other would be an error.
        List<Measurement> measured = new DataBenchmark().run(Requests.tiny(1, "rows", "500"));
        assertEquals(List.of("data", "data, first run of a process"), measured.stream().map(Measurement::name).toList());
    }
}
