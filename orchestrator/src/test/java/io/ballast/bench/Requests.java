package io.ballast.bench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ballast.python.ThisProgram;
import io.ballast.TinyModels;
import io.ballast.cli.Main;
import io.ballast.python.PythonEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Benchmarks so small that a test can run them: what they find is no measure of anything. */
final class Requests {
    private Requests() {
    }

    /** Of a tiny model and the shared data; skipped where these are not there. */
    static BenchmarkRequest tiny(int pairs, String... settings) {
        PythonEnvironment environment = PythonEnvironment.find();
        Path data = environment.packagePath().toAbsolutePath().getParent().resolveSibling("shared").resolve("data");
        assumeTrue(Files.isDirectory(data), "skipped: no data at " + data);
        Map<String, String> set = new LinkedHashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            set.put(settings[i], settings[i + 1]);
        }
        return new BenchmarkRequest(environment, ThisProgram.command(environment, Main.class), Optional.of(TinyModels.folder("llama-tied")),
                Optional.of(data), OptionalInt.of(pairs), set, System.err::println);
    }
}
