package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.eval.ItemHashes;
import io.ballast.eval.Aggregation;
import io.ballast.eval.Contribution;
import io.ballast.eval.Estimate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    private static RecordedItem item(int id, Object gold, double... logs) {
        List<String> choices = IntStream.range(0, logs.length).mapToObj(i -> "c" + i).toList();
        return new RecordedItem(id, new ItemHashes("d" + id, "p" + id, "t" + id), Map.of(), "p", choices, gold,
                DoubleStream.of(logs).boxed().toList(), null, Map.of());
    }

    private static double error(Calibration calibration) {
        return calibration.error(IntStream.range(0, calibration.size()).toArray());
    }

    private static double margin(Calibration calibration) {
        return Estimate.of(Aggregation.MEAN, calibration.margins()).value();
    }

    private static RecordedTask task(RecordedItem... items) {
        return new RecordedTask("quiz", List.of(), List.of(items), null, List.of());
    }

    @Test
    void theExampleByHandComesOut() {
        // Chosen with 0.8, right; with 0.75, wrong; both in (0.7, 0.8]: |1 − 1.55| = 0.55.
        // Chosen with 0.6 of three, right, alone in (0.5, 0.6]: 0.4. Together 0.95 / 3.
        Calibration calibration = new Calibration(List.of(
                item(0, 0, Math.log(0.08), Math.log(0.02)),
                item(1, 1, Math.log(0.75), Math.log(0.25)),
                item(2, 2, Math.log(0.1), Math.log(0.3), Math.log(0.6))));
        assertEquals(0.95 / 3, error(calibration), 1e-12);
        // log 4, −log 3, log 2.
        assertEquals(Math.log(8.0 / 3) / 3, margin(calibration), 1e-12);
        assertEquals(0.75, calibration.error(new int[] {1, 1}), 1e-12, "drawn twice");
    }

    @Test
    void aModelThatIsAsSureAsItIsRightHasNoError() {
        List<RecordedItem> items = IntStream.range(0, 10).mapToObj(i -> item(i, i < 7 ? 0 : 1, Math.log(0.7),
                Math.log(0.3))).toList();
        assertEquals(0, error(new Calibration(items)), 1e-12);
    }

    @Test
    void numpySaysTheSame() throws IOException, InterruptedException {
        Random random = new Random(4);
        List<RecordedItem> items = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            double[] logs = DoubleStream.generate(() -> -20 + 2 * random.nextGaussian()).limit(2 + i % 4).toArray();
            items.add(item(i, random.nextInt(logs.length), logs));
        }
        Calibration calibration = new Calibration(items);
        JsonObject expected = numpy(Map.of("logs", items.stream().map(RecordedItem::logProbabilities).toList(),
                "gold", items.stream().map(RecordedItem::target).toList()));
        assertEquals(expected.get("ece").getAsDouble(), error(calibration), 1e-12);
        assertEquals(expected.get("margin").getAsDouble(), margin(calibration), 1e-10);
    }

    private static JsonObject numpy(Map<String, Object> question) throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("ballast.home"));
        Path python = home.resolve(".venv/bin/python");
        assumeTrue(Files.isExecutable(python), "skipped: no Python environment at " + python);
        Process process = new ProcessBuilder(python.toString(),
                home.resolve("orchestrator/src/test/python/calibration_reference.py").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        process.getOutputStream().write(new Gson().toJson(question).getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return JsonParser.parseString(answer).getAsJsonObject();
    }

    @Test
    void whatCannotBeKnownIsNotComputed() {
        assertNull(Calibration.obstacle(task(item(0, 0, -1, -2), item(1, 1, -1, -2, -3))));
        assertTrue(Calibration.obstacle(task(item(0, "yes", -1, -2))).contains("which choice is right"));
        assertTrue(Calibration.obstacle(task(item(0, 2, -1, -2))).contains("which choice is right"));
        assertTrue(Calibration.obstacle(task(item(0, 0, -1))).contains("1 log-likelihoods for 1 choices"));
        assertTrue(Calibration.obstacle(task(item(0, 0, -1, Double.NEGATIVE_INFINITY))).contains("not finite"));
        RecordedItem item = item(7, 0, -1, -2);
        RecordedItem contradicted = new RecordedItem(7, item.hashes(), item.doc(), item.prompt(), item.choices(), 0,
                item.logProbabilities(), null, Map.of("acc", new Contribution(0, 1)));
        assertTrue(Calibration.obstacle(task(contradicted)).contains("item 7's acc does not follow"));
    }

    @Test
    void theChangeComesWithAnIntervalOverItems() {
        Random random = new Random(1);
        List<RecordedItem> before = new ArrayList<>();
        List<RecordedItem> after = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            double margin = 2 + random.nextGaussian();
            before.add(item(i, 0, margin, 0));
            after.add(item(i, 0, margin - 0.5 + 0.1 * random.nextGaussian(), 0));
        }
        CalibrationChange change = CalibrationChange.between("quiz", new Calibration(before), new Calibration(after), 7)
                .get(1);
        assertEquals("margin", change.measure());
        assertEquals(-0.5, change.change(), 0.02);
        // Paired: the spread of the items themselves is ten times that of their differences.
        double halfWidth = (change.ci95().get(1) - change.ci95().get(0)) / 2;
        assertEquals(1.96 * 0.1 / Math.sqrt(300), halfWidth, 0.002);
    }
}
