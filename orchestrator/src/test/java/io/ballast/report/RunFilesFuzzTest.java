package io.ballast.report;

import io.ballast.InvalidInputException;
import io.ballast.fuzz.Fuzzing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The report and the card of a run whose files were damaged. */
@Tag("one-jdk")
class RunFilesFuzzTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"result.json", "experiment.json", "events.jsonl", "evaluation/flips/sciq.jsonl"})
    void aDamagedFileIsRefusedOrReported(String name) throws IOException {
        Path run = FixtureRuns.copy("held-back", folder);
        Path file = run.resolve(name);
        Fuzzing.of("report-" + file.getFileName(), InvalidInputException.class)
                .run(List.of(Files.readAllBytes(file)), damaged -> {
                    Files.write(file, damaged);
                    ReportWriter.write(run);
                    ModelCardWriter.write(run);
                });
    }
}
