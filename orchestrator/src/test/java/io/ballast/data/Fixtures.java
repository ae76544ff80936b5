package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import io.ballast.MadeOnce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What tests of data borrow: the shared models, and Python as a child process. */
final class Fixtures {
    private static final Path HOME = Path.of(System.getProperty("ballast.home", ".")).toAbsolutePath();
    private static final Path SCRIPTS = HOME.resolve("orchestrator/src/test/resources/io/ballast/data");

    private Fixtures() {
    }

    /** A file or folder of the shared data; where it is absent the test is skipped and says so. */
    static Path shared(String name) {
        String folder = System.getenv("BALLAST_SHARED");
        Path path = (folder == null ? HOME.resolveSibling("shared") : Path.of(folder)).resolve(name);
        assumeTrue(Files.exists(path), () -> "skipped: there is no " + path);
        return path;
    }

    /** The real tokenizer of SentencePiece's kind. */
    static Path stories15M() {
        return shared("models/stories15M");
    }

    /** A tokenizer of the byte-level kind, made on the spot, once for all tests. */
    static Path byteLevelTokenizer() {
        return MadeOnce.at(HOME.resolve("orchestrator/target/byte-level-tokenizer"),
                folder -> python("make_byte_level_tokenizer.py", folder, List.of()));
    }

    /** What transformers makes of the texts. */
    static List<int[]> transformersIds(Path tokenizer, List<String> texts) {
        Gson json = new Gson();
        List<int[]> ids = new ArrayList<>();
        for (String line : python("encode_lines.py", tokenizer, texts.stream().map(json::toJson).toList())) {
            ids.add(json.fromJson(line, int[].class));
        }
        return ids;
    }

    private static List<String> python(String script, Path argument, List<String> input) {
        Path python = Path.of(System.getProperty("ballast.python", HOME.resolve(".venv/bin/python").toString()));
        assumeTrue(Files.isExecutable(python), () -> "skipped: there is no Python at " + python);
        try {
            Path in = Files.write(Files.createTempFile("ballast", ".in"), input);
            Path out = Files.createTempFile("ballast", ".out");
            ProcessBuilder builder = new ProcessBuilder(python.toString(), SCRIPTS.resolve(script).toString(),
                    argument.toString()).redirectInput(in.toFile()).redirectOutput(out.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("TRANSFORMERS_VERBOSITY", "error");
            assertEquals(0, builder.start().waitFor(), script);
            List<String> lines = Files.readAllLines(out);
            Files.delete(in);
            Files.delete(out);
            return lines;
        } catch (IOException | InterruptedException failed) {
            throw new IllegalStateException(failed);
        }
    }
}
