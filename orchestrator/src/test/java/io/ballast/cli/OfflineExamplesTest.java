package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples that need the real model and data are valid, run by run. */
@Tag("one-jdk")
class OfflineExamplesTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Path EXAMPLES = HOME.resolve("examples/offline");

    @BeforeAll
    static void theFilesAreThere() {
        assumeTrue(Files.isDirectory(HOME.resolveSibling("shared/data")), "skipped: no ../shared with model and data");
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("study-")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleIsValid(Path example) {
        Typed typed = Typed.run("validate", example.toString(), "--no-estimate");
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().contains("This experiment can run."), typed.out());
    }

    @Test
    void theStudyResolvesEachOfItsRuns() {
        Typed typed = Typed.run("study", EXAMPLES.resolve("study-stories15M.json").toString(), "--plan");
        assertEquals(0, typed.code(), typed.err());
        assertTrue(typed.out().contains("kl 10, medmcqa, seed 7"), typed.out());
    }
}
