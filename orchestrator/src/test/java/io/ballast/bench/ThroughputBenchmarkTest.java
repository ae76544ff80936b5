package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class ThroughputBenchmarkTest {
    @Test
    void bothSidesTrainOnTheSameTokensAndAgreeOnTheFirstLoss() {
        // Other tokens or another loss of the first batch would be an error.
        List<Measurement> measured = new ThroughputBenchmark()
                .run(Requests.tiny(1, "steps", "3", "batchSize", "2", "maxLength", "96"));
        assertEquals(List.of("throughput, LoRA", "throughput, LoRA, bare SFTTrainer", "throughput, full",
                "throughput, full, bare SFTTrainer", "throughput, full, rows of mixed length",
                "throughput, full, rows of mixed length, bare SFTTrainer"),
                measured.stream().map(Measurement::name).toList());
    }
}
