package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.eval.Answer;
import io.ballast.eval.Item;
import io.ballast.eval.Item.Argument;
import io.ballast.eval.ItemHashes;
import io.ballast.eval.KnownTask;
import io.ballast.eval.Likelihood;
import io.ballast.eval.Metric;
import io.ballast.eval.PerplexityTask;
import io.ballast.eval.Role;
import io.ballast.eval.TaskData;
import io.ballast.eval.TaskResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForgettingTest {
    private static final TaskData DATA = new TaskData(Path.of("x.jsonl"), null, null);
    @TempDir
    Path folder;

    private static TaskResult answers(List<Boolean> right) {
        return new KnownTask("piqa", Role.GENERAL).answered(right);
    }

    private static List<Boolean> repeat(int bothRight, int newlyWrong, int newlyRight, int bothWrong, boolean before) {
        List<Boolean> right = new ArrayList<>();
        IntStream.range(0, bothRight).forEach(i -> right.add(true));
        IntStream.range(0, newlyWrong).forEach(i -> right.add(before));
        IntStream.range(0, newlyRight).forEach(i -> right.add(!before));
        IntStream.range(0, bothWrong).forEach(i -> right.add(false));
        return right;
    }

    @Test
    void accuracyIsTestedByMcNemarOnTheFlips() {
        Forgetting forgetting = Forgetting.between(answers(repeat(50, 30, 12, 8, true)),
                answers(repeat(50, 30, 12, 8, false)), 7).get(0);
        assertEquals("piqa acc", forgetting.task() + " " + forgetting.metric());
        assertEquals(0.8, forgetting.before());
        assertEquals(0.62, forgetting.after());
        assertEquals(-0.18, forgetting.change(), 1e-12);
        assertEquals(30, forgetting.newlyWrong());
        assertEquals(12, forgetting.newlyRight());
        // scipy.stats.binomtest(30, 42, 0.5).pvalue
        assertEquals(0.007915897334896727, forgetting.p(), 1e-12);
        assertEquals("McNemar exact", forgetting.test());
        // The normal interval of a paired difference: sqrt((30 + 12 − 18²/100) / 100²) = 0.0623.
        assertEquals(-0.18 - 1.96 * 0.0623, forgetting.ci95().get(0), 0.012);
        assertEquals(-0.18 + 1.96 * 0.0623, forgetting.ci95().get(1), 0.012);
    }

    @Test
    void theSameAnswersAreNoChangeWithCertainty() {
        TaskResult result = answers(repeat(5, 0, 0, 5, true));
        Forgetting forgetting = Forgetting.between(result, result, 1).get(0);
        assertEquals(List.of(0.0, 0.0), forgetting.ci95());
        assertEquals(1, forgetting.p());
        assertEquals(0, forgetting.newlyWrong() + forgetting.newlyRight());
    }

    /** Texts of 10 to 59 tokens; the same texts for the same seed, {@code extra} nats a token more or less. */
    private static TaskResult texts(double extra) {
        Random random = new Random(9);
        Random noise = new Random(Double.hashCode(extra));
        PerplexityTask task = new PerplexityTask("stories", Role.GENERAL, DATA, null, "{text}", false);
        return new TaskResult(task, IntStream.range(0, 200).mapToObj(i -> {
            int tokens = 10 + random.nextInt(50);
            double nats = tokens * (1 + 0.3 * random.nextGaussian() + extra + 0.02 * noise.nextGaussian());
            Item item = new Item(i, Map.of(), ItemHashes.of("", "t" + i, "t" + i), List.of(new Argument(null, "t" + i)),
                    List.of(), List.of(), "t" + i, List.of(), null, 0);
            return task.results(List.of(item), List.of(new Answer(List.of(new Likelihood(-nats, false, tokens)), null)))
                    .get(0);
        }).toList(), 200);
    }

    @Test
    void aPerplexitysSmallChangeIsSeenBecauseTheTextsArePaired() {
        Forgetting forgetting = Forgetting.between(texts(0), texts(0.02), 3).get(0);
        assertEquals(1, Forgetting.between(texts(0), texts(0.02), 3).size());
        assertEquals("perplexity", forgetting.metric());
        assertEquals(forgetting.after() - forgetting.before(), forgetting.change(), 1e-12);
        assertTrue(forgetting.ci95().get(0) > 0 && forgetting.ci95().get(1) < 0.1, forgetting.ci95().toString());
        assertTrue(forgetting.p() < 0.001);
        assertEquals("paired bootstrap", forgetting.test());
        // Unpaired, the same change would drown: one value's own error is as large as the change.
        assertTrue(texts(0).estimate(Metric.TOKEN_PERPLEXITY).stderr() > 0.02);
    }

    @Test
    void theSeedDecidesTheInterval() {
        assertEquals(Forgetting.between(texts(0), texts(0.5), 3), Forgetting.between(texts(0), texts(0.5), 3));
    }

    @Test
    void differentItemsAreNotCompared() {
        TaskResult nine = answers(repeat(9, 0, 0, 0, true));
        TaskResult ten = answers(repeat(10, 0, 0, 0, true));
        String message = assertThrows(InvalidInputException.class, () -> Forgetting.between(nine, ten, 1)).getMessage();
        assertTrue(message.contains("piqa") && message.contains("9") && message.contains("10"), message);
    }

    @Test
    void flipsAreWrittenOneALine() throws IOException {
        Path file = Flips.write(answers(List.of(true, true, false, false)), answers(List.of(true, false, true, false)),
                folder.resolve("evaluation/flips"));
        assertEquals("piqa.jsonl", file.getFileName().toString());
        List<JsonObject> flips = Files.readAllLines(file).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        assertEquals(2, flips.size());
        assertEquals(JsonParser.parseString("""
                {"change": "newlyWrong", "doc_id": 1, "doc": {"goal": "g1"}, "prompt": "g1", "choices": ["ab", "cd"],
                 "target": 1, "before": 1, "after": 0,
                 "logProbabilities": {"before": [-2.0, -1.0], "after": [-2.0, -3.0]}}"""), flips.get(0));
        assertEquals("newlyRight", flips.get(1).get("change").getAsString());
    }

    @Test
    void aPerplexityHasNoFlips() {
        assertEquals(null, Flips.write(texts(0), texts(1), folder));
    }
}
