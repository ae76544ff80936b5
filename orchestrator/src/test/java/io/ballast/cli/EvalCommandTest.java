package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvalCommandTest {
    @TempDir
    Path folder;
    private String model;

    @BeforeEach
    void writeModelAndData() throws IOException {
        TinyExperiment.write(folder);
        model = TinyModels.folder("llama-tied").toString();
    }

    @Test
    void aModelIsScoredAndWrittenInLmEvalsForm() throws IOException {
        Path out = folder.resolve("out");
        Typed typed = Typed.run("eval", model, "--tasks", "piqa", "--data-dir", folder.toString(), "--limit", "3",
                "--device", "cpu", "--out", out.toString(), "--json");
        assertEquals(0, typed.code(), typed.err());
        JsonArray scores = JsonParser.parseString(typed.out()).getAsJsonObject().getAsJsonArray("scores");
        assertEquals(List.of("acc", "acc_norm"), scores.asList().stream()
                .map(score -> score.getAsJsonObject().get("metric").getAsString()).toList());
        assertEquals(3, scores.get(0).getAsJsonObject().get("n").getAsInt());
        try (Stream<Path> files = Files.list(out)) {
            assertEquals(List.of("results", "samples"), files.map(file -> file.getFileName().toString().split("_")[0])
                    .sorted().toList());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--data-dir {}                                 |expected --tasks",
        "--tasks piqa --data a --data-dir {}           |both",
        "--tasks piqa,sciq --data {}/piqa.jsonl        |found 2",
        "--tasks piqaa --data-dir {}                   |piqaa",
        "--tasks sciq --data-dir {}                    |sciq/test",
        "--tasks piqa --data-dir {} --limit 0          |limit",
        "--tasks piqa --data-dir {} --limit many       |limit",
        "--tasks piqa --data-dir {} --dtype float16    |one of float32, bfloat16",
        "--tasks piqa --data-dir {} --device tpu       |cuda:N",
        "--tasks piqa --data-dir {} --batch-size 0     |batchSize",
    })
    void whatIsWrongEndsWithTwo(String options, String expected) {
        Typed typed = Typed.run(("eval " + model + " " + options.replace("{}", folder.toString())).split(" "));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(expected), typed.err());
    }
}
