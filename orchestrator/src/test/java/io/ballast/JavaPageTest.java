package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.tensor.Tensor;
import io.ballast.tracking.MicrometerListener;
import io.ballast.tracking.MlflowListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code in docs/java.md is this class's. */
@Tag("one-jdk")
class JavaPageTest {

    @TempDir
    Path runs;
    private final Path folder = TinyModels.folder("llama-tied");
    private final StringBuilder sent = new StringBuilder();

    private void send(String piece) {
        sent.append(piece);
    }

    private static boolean clientIsGone() {
        return false;
    }

    @AfterEach
    void close() {
        Ballast.current().ifPresent(Ballast::close);
    }

    @Test
    void serves() {
        String prompt = "Once upon a time";
        Ballast ballast = Ballast.builder()
                .requestsAtOnce(4)        // take turns after every few tokens; each holds its keys and values
                .waitingRequests(64)      // in the order they came; one more: BusyException
                .waitingRuns(8)
                .timeLimit(Duration.ofMinutes(2))   // waiting included: TimeLimitException
                .open();
        Model model = ballast.openModel(folder);  // a Hugging Face folder, a PEFT adapter's, or a run's
        model.generate(List.of(prompt), Generation.sampled(40, 0.8, 0.95).withStop("\n\n"),
                (piece, row) -> send(piece), () -> clientIsGone());
        assertTrue(sent.length() > 0);
    }

    @Test
    void tracks() throws IOException {
        Path rows = Files.write(runs.resolve("rows.jsonl"),
                Collections.nCopies(8, "{\"text\": \"Boats go down.\"}"));
        Experiment experiment = Experiment.builder("boats", folder.toString()).output(runs)
                .domain(TrainingPhase.of(1e-3).text(rows, "{text}").batchSize(4).steps(2)).build();
        try (Ballast ballast = Ballast.open()) {
            MeterRegistry registry = new SimpleMeterRegistry();  // or the one of Spring Boot, Quarkus, Micronaut
            RunListener trackers = new MicrometerListener(registry)
                    .andThen(new MlflowListener(URI.create("http://localhost:5000"), "medicine"));
            Run run = ballast.start(experiment, trackers);
            assertEquals("completed", run.result().status());
            assertEquals(2, registry.get("ballast.steps").counter().count());
        }
    }

    @Test
    void readsTensors() {
        LongBuffer ids = LongBuffer.wrap(new long[] {5, 6, 7, 8, 9, 10});
        int rows = 2;
        int length = 3;
        try (Ballast ballast = Ballast.open(); Model model = ballast.openModel(folder)) {
            try (Tensor logits = model.logits(ids, rows, length)) {  // LongBuffer [rows, length]; direct: no copy
                FloatBuffer numbers = logits.floats();  // [rows, length, vocabulary], read-only, no copy
                assertEquals(rows * length * logits.shape()[2], numbers.remaining());
            }
        }
    }

    @Test
    void thePagesCodeIsThisCode() throws IOException {
        PageCode.assertTested("docs/java.md", 4, JavaPageTest.class,
                "examples/embedding/src/main/java/io/ballast/examples/FineTune.java");
    }
}
