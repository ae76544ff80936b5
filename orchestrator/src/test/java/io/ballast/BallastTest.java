package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ModelConfig;
import io.ballast.eval.Evaluation;
import io.ballast.eval.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BallastTest {
    @TempDir
    static Path folder;
    private static Ballast ballast;

    @BeforeAll
    static void open() throws IOException {
        ballast = Ballast.open();
        Files.writeString(folder.resolve("piqa.jsonl"), """
                {"goal": "one", "sol1": "a", "sol2": "b c", "label": 1}
                {"goal": "two", "sol1": "d", "sol2": "e f", "label": 0}
                """);
    }

    @AfterAll
    static void close() {
        ballast.close();
    }

    private static Evaluation evaluate(String task, RunListener listener, BooleanSupplier stopped) {
        JsonObject model = new JsonObject();
        model.addProperty("path", TinyModels.folder("llama-tied").toString());
        model.addProperty("device", "cpu");
        JsonObject tasks = JsonParser.parseString("{\"general\": [{\"task\": \"" + task
                + "\", \"data\": \"piqa.jsonl\"}], \"cache\": false}").getAsJsonObject();
        return ballast.evaluate(ExperimentReader.block(model, ModelConfig.class, folder, "the test's model"),
                ExperimentReader.block(tasks, EvaluationConfig.class, folder, "the test's tasks"), listener, stopped);
    }

    @Test
    void aModelIsScoredAndTheListenerHearsItemsUpToAll() {
        StringBuilder heard = new StringBuilder();
        Evaluation scored = evaluate("piqa", event -> heard.append(event.type()).append(' ').append(event.step())
                .append(' '), () -> false);
        assertEquals(List.of("acc", "acc_norm"), scored.scores("now").stream().map(Score::metric).toList());
        assertEquals(2, scored.scores("now").get(0).n());
        assertTrue(heard.toString().matches("stage 0 scoring 0 .*scoring 2 "), heard.toString());
    }

    @Test
    void whatAnEvaluationCannotDoIsThrownAsItIs() {
        assertTrue(assertThrows(InvalidInputException.class, () -> evaluate("piqaa", RunListener.NONE, () -> false))
                .getMessage().contains("the nearest are piqa"));
        assertThrows(StoppedException.class, () -> evaluate("piqa", RunListener.NONE, () -> true));
    }
}
