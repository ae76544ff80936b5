package io.ballast.config;

import io.ballast.InvalidInputException;
import io.ballast.fuzz.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class ExperimentReaderFuzzTest {
    private static final String YAML = """
            name: first
            model: &model {path: model, dtype: float32}
            domain:
              data:
                - path: a.jsonl
                  text: "{text}"   # a column
                - {path: b.csv, prompt: 'Q: {q}', completion: "{a}", where: x > 1}
              steps: 80
              learningRate: 1e-4
            retention: {method: hierarchical, lambda: 30, xi: {relative: 1}}
            evaluation:
              general: [piqa, {task: sciq, data: t.jsonl, limit: 10}]
              domain: [{name: text, perplexity: t.jsonl}]
            """;

    @TempDir
    Path folder;

    @Test
    void damagedJsonIsRefusedOrRead() {
        fuzz("experiment.json", Experiments.DOMAIN, Experiments.WHOLE);
    }

    @Test
    void damagedYamlIsRefusedOrRead() {
        fuzz("experiment.yaml", YAML, Experiments.DOMAIN);
    }

    /** What could be read is also written, as a run does first. */
    private void fuzz(String name, String... valid) {
        Path file = folder.resolve(name);
        List<byte[]> seeds = List.of(valid).stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
        Fuzzing.of(name, InvalidInputException.class).run(seeds, damaged -> {
            Files.write(file, damaged);
            ExperimentWriter.toTree(ExperimentReader.read(file, List.of())).toString();
        });
    }
}
