package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.eval.Answer;
import io.ballast.eval.Evaluation;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskChangesTest {
    private static final TaskData DATA = new TaskData(Path.of("x.jsonl"), null, null);
    @TempDir
    Path folder;

    private static TaskResult answers(List<Boolean> right) {
        return new KnownTask("piqa", Role.GENERAL).answered(right);
    }

    private static TaskChanges changes(TaskResult before, TaskResult after, long seed) {
        return TaskChanges.between(evaluation(before), evaluation(after), Role.GENERAL, seed);
    }

    private static Evaluation evaluation(TaskResult... results) {
        return new Evaluation(List.of(results), List.of(), null, 1, Instant.EPOCH, Instant.EPOCH);
    }

    /** Of the first metric, acc of questions. */
    private static ScoreChange change(TaskResult before, TaskResult after, long seed) {
        return changes(before, after, seed).scores().get(0);
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
        ScoreChange change = change(answers(repeat(50, 30, 12, 8, true)),
                answers(repeat(50, 30, 12, 8, false)), 7);
        assertEquals("piqa acc", change.task() + " " + change.metric());
        assertEquals(0.8, change.before());
        assertEquals(0.62, change.after());
        assertEquals(-0.18, change.change(), 1e-12);
        assertEquals(30, change.newlyWrong());
        assertEquals(12, change.newlyRight());
        // scipy.stats.binomtest(30, 42, 0.5).pvalue
        assertEquals(0.007915897334896727, change.p(), 1e-12);
        assertEquals("McNemar exact", change.test());
        // The normal interval of a paired difference: sqrt((30 + 12 − 18²/100) / 100²) = 0.0623.
        assertEquals(-0.18 - 1.96 * 0.0623, change.ci95().get(0), 0.012);
        assertEquals(-0.18 + 1.96 * 0.0623, change.ci95().get(1), 0.012);
    }

    @Test
    void theSameAnswersAreNoChangeWithCertainty() {
        TaskResult result = answers(repeat(5, 0, 0, 5, true));
        ScoreChange change = change(result, result, 1);
        assertEquals(List.of(0.0, 0.0), change.ci95());
        assertEquals(1, change.p());
        assertEquals(0, change.newlyWrong() + change.newlyRight());
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
        ScoreChange change = change(texts(0), texts(0.02), 3);
        assertEquals(1, changes(texts(0), texts(0.02), 3).scores().size());
        assertEquals("perplexity", change.metric());
        assertEquals(change.after() - change.before(), change.change(), 1e-12);
        assertTrue(change.ci95().get(0) > 0 && change.ci95().get(1) < 0.1, change.ci95().toString());
        assertTrue(change.p() < 0.001);
        assertEquals("paired bootstrap", change.test());
        // Unpaired, the same change would drown: one value's own error is as large as the change.
        assertTrue(texts(0).estimate(Metric.TOKEN_PERPLEXITY).stderr() > 0.02);
    }

    @Test
    void theSeedDecidesTheInterval() {
        assertEquals(change(texts(0), texts(0.5), 3), change(texts(0), texts(0.5), 3));
    }

    /** acc, acc_norm (p 0.00792 each, as above) and a perplexity (p 2 / 10,001): sorted, times 3, 2 and 1. */
    @Test
    void holmsCorrectionIsOverAllTasksAndMetricsOfTheRoleAndNoOthers() {
        KnownTask learned = new KnownTask("learned", Role.DOMAIN);
        List<Boolean> was = repeat(50, 30, 12, 8, true);
        List<Boolean> is = repeat(50, 30, 12, 8, false);
        Evaluation before = evaluation(answers(was), texts(0), new TaskResult(learned, answers(was).items(), 100));
        Evaluation after = evaluation(answers(is), texts(0.02), new TaskResult(learned, answers(is).items(), 100));
        TaskChanges general = TaskChanges.between(before, after, Role.GENERAL, 3);
        assertEquals(List.of("piqa acc", "piqa acc_norm", "stories perplexity"),
                general.scores().stream().map(each -> each.task() + " " + each.metric()).toList());
        double p = 0.007915897334896727;
        assertEquals(2 * p, general.scores().get(0).adjustedP(), 1e-12);
        assertEquals(2 * p, general.scores().get(1).adjustedP(), 1e-12);
        assertEquals(3 * 2 / 10_001.0, general.scores().get(2).adjustedP(), 1e-12);
        assertTrue(general.scores().stream().allMatch(each -> each.verdict() == ChangeVerdict.WORSE));
        assertEquals(List.of(2 * p, 2 * p), TaskChanges.between(before, after, Role.DOMAIN, 3).scores().stream()
                .map(ScoreChange::adjustedP).toList());
        assertEquals(List.of("piqa ece", "piqa margin"),
                general.calibration().stream().map(each -> each.task() + " " + each.measure()).toList());
        // Right answers lead by a nat, wrong ones trail by one: 0.8 − 0.2 before, 0.62 − 0.38 after.
        assertEquals(0.6, general.calibration().get(1).before(), 1e-12);
        assertEquals(0.24, general.calibration().get(1).after(), 1e-12);
    }

    @Test
    void aChangeThatMayBeChanceIsNoiseWithTheChangeThatCouldHaveBeenShown() {
        ScoreChange change = change(answers(repeat(50, 12, 8, 30, true)), answers(repeat(50, 12, 8, 30, false)), 7);
        assertEquals(ChangeVerdict.NOISE, change.verdict());
        // Connor's 100 items for 20 % flips: (1.95996 √0.2 + 0.84162 √(0.2 − δ²))² / δ².
        double delta = change.smallestChange();
        double root = 1.95996 * Math.sqrt(0.2) + 0.84162 * Math.sqrt(0.2 - delta * delta);
        assertEquals(100, root * root / (delta * delta), 0.01);
    }

    @Test
    void differentItemsAreNotCompared() {
        TaskResult nine = answers(repeat(9, 0, 0, 0, true));
        TaskResult ten = answers(repeat(10, 0, 0, 0, true));
        String message = assertThrows(InvalidInputException.class, () -> change(nine, ten, 1)).getMessage();
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
        JsonObject chances = flips.get(0).remove("probabilities").getAsJsonObject();
        assertEquals(JsonParser.parseString("""
                {"change": "newlyWrong", "doc_id": 1, "doc": {"goal": "g1"}, "prompt": "g1", "choices": ["ab", "cd"],
                 "target": 1, "before": 1, "after": 0,
                 "logProbabilities": {"before": [-2.0, -1.0], "after": [-2.0, -3.0]}}"""), flips.get(0));
        // Softmax of two: 1 / (1 + e) and 1 / (1 + 1/e), by hand.
        assertEquals(0.2689414213699951, chances.getAsJsonArray("before").get(0).getAsDouble(), 1e-15);
        assertEquals(0.2689414213699951, chances.getAsJsonArray("after").get(1).getAsDouble(), 1e-15);
        assertEquals(1, chances.getAsJsonArray("after").get(0).getAsDouble()
                + chances.getAsJsonArray("after").get(1).getAsDouble(), 1e-15);
        assertEquals("newlyRight", flips.get(1).get("change").getAsString());
    }

    @Test
    void aPerplexityHasNoFlips() {
        assertEquals(null, Flips.write(texts(0), texts(1), folder));
    }
}
