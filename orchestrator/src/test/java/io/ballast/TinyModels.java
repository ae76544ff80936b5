package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Tiny random models of real architectures, made once by the Python tests' own program. */
public final class TinyModels {
    /** The architectures there are. */
    public static final List<String> NAMES = List.of("llama-tied", "llama-untied", "gptj", "gpt2", "qwen2");

    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Path FOLDER = HOME.resolve("orchestrator/target/tiny-models");

    private TinyModels() {
    }

    /**
     * @param name one of {@link #NAMES}
     * @return the model's folder; not to be changed
     */
    public static Path folder(String name) {
        return MadeOnce.at(FOLDER, TinyModels::make).resolve(name);
    }

    /**
     * Makes a copy that may be changed.
     *
     * @param name one of {@link #NAMES}
     * @param to   a folder, made if need be
     * @return the copy
     * @throws IOException when it cannot be written
     */
    public static Path copy(String name, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(folder(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    private static void make(Path folder) throws IOException, InterruptedException {
        Process python = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("python-ext/tests/tiny_models.py").toString(), folder.toString())
                .redirectErrorStream(true).start();
        String output = new String(python.getInputStream().readAllBytes());
        assertEquals(0, python.waitFor(), output);
    }
}
