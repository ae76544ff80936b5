package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class BridgeBenchmarkTest {
    @Test
    void aCallAndABatchAreMeasuredAgainstTheirLimits() {
        List<Measurement> measured = new BridgeBenchmark().run(Requests.tiny(2, "calls", "50"));
        assertEquals(List.of("bridge, a call", "bridge, a batch of 64 MiB handed over"),
                measured.stream().map(Measurement::name).toList());
        assertEquals(List.of(5.0, 20.0), measured.stream().map(each -> each.ours() / each.ratio()).map(limit ->
                Math.rint(limit * 1e6) / 1e6).toList());
        assertTrue(measured.stream().allMatch(each -> each.theirs() == null && each.ours() > 0 && each.runs() == 2));
    }
}
