package io.ballast.compare;

import io.ballast.InvalidInputException;
import io.ballast.fuzz.Fuzzing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class EvaluationFolderFuzzTest {
    private static final Path LM_EVAL = Path.of("src/test/resources/io/ballast/compare/lm-eval-0.4.13");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"results_", "samples_gen_", "samples_parity_", "samples_roll_"})
    void aDamagedFileOfLmEvalIsRefusedOrCompared(String kind) throws IOException {
        Path damagedFile = null;
        Path evaluation = LM_EVAL.resolve("after/org__tiny");
        try (Stream<Path> files = Files.list(evaluation)) {
            for (Path each : files.toList()) {
                Path copy = Files.copy(each, folder.resolve(each.getFileName().toString()));
                damagedFile = copy.getFileName().toString().startsWith(kind) ? copy : damagedFile;
            }
        }
        Path file = damagedFile;
        EvaluationFolder before = EvaluationFolder.open(LM_EVAL.resolve("before"), null);
        Fuzzing.of("lm-eval-" + kind, InvalidInputException.class).run(List.of(Files.readAllBytes(file)), damaged -> {
            Files.write(file, damaged);
            EvaluationFolder after = EvaluationFolder.open(folder, null);
            for (String task : after.tasks()) {
                after.task(task);
            }
            if (before.tasks().stream().anyMatch(after.tasks()::contains)) {
                EvaluationComparison.between(before, after, 1, null, null);
            }
        });
    }
}
