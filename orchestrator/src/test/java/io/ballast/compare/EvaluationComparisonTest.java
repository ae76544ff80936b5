package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On folders that lm_eval 0.4.13 itself wrote; see the README.md beside them. */
class EvaluationComparisonTest {
    @TempDir
    Path folder;

    @BeforeEach
    void copy() throws IOException, URISyntaxException {
        Path from = Path.of(EvaluationComparisonTest.class.getResource("lm-eval-0.4.13").toURI());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path to = folder.resolve(from.relativize(file).toString());
                if (!Files.isDirectory(to)) {
                    Files.copy(file, to);
                }
            }
        }
    }

    private EvaluationComparison compare() {
        return EvaluationComparison.between(EvaluationFolder.open(folder.resolve("before"), null),
                EvaluationFolder.open(folder.resolve("after"), null), 7, null, folder.resolve("flips"));
    }

    private static ScoreChange score(EvaluationComparison comparison, String task, String metric) {
        return comparison.scores().stream().filter(each -> each.task().equals(task) && each.metric().equals(metric))
                .findFirst().orElseThrow();
    }

    private Path file(String side, String start) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(side).resolve("org__tiny"))) {
            return files.filter(file -> file.getFileName().toString().startsWith(start)).findFirst().orElseThrow();
        }
    }

    private void change(String side, String start, UnaryOperator<String> edit) throws IOException {
        Path file = file(side, start);
        Files.writeString(file, edit.apply(Files.readString(file)));
    }

    private void changeLine(String side, String start, int line, UnaryOperator<String> edit) throws IOException {
        Path file = file(side, start);
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.set(line, edit.apply(lines.get(line)));
        Files.write(file, lines);
    }

    private String refused() {
        InvalidInputException refused = assertThrows(InvalidInputException.class, this::compare);
        return refused.getMessage();
    }

    @Test
    void everyScoreIsWhatLmEvalReported() throws IOException {
        EvaluationComparison comparison = compare();
        assertEquals(List.of("gen exact_match,strict", "gen exact_match,loose", "parity acc", "parity acc_norm",
                "roll word_perplexity", "roll bits_per_byte"),
                comparison.scores().stream().map(each -> each.task() + " " + each.metric()).toList());
        for (String side : List.of("before", "after")) {
            JsonObject results = JsonParser.parseString(Files.readString(file(side, "results"))).getAsJsonObject()
                    .getAsJsonObject("results");
            for (ScoreChange score : comparison.scores()) {
                String key = score.metric().contains(",") ? score.metric() : score.metric() + ",none";
                double expected = results.getAsJsonObject(score.task()).get(key).getAsDouble();
                assertEquals(expected, side.equals("before") ? score.before() : score.after(), 1e-12, side + key);
                assertEquals(12, score.n());
                assertEquals(score.task().equals("roll"), !score.higherIsBetter());
            }
        }
        assertEquals("org/tiny", comparison.before().model());
        assertNull(comparison.before().stage());
        assertTrue(comparison.notes().get(0).startsWith("parity brier_score is left out"), comparison.notes()::toString);
        assertEquals(1, comparison.notes().size());
    }

    @Test
    void flipsAreCountedAndWrittenWithBothModelsLogProbabilities() throws IOException {
        ScoreChange acc = score(compare(), "parity", "acc");
        // From the two files by hand: acc of before and after, doc_id by doc_id.
        List<JsonObject> before = lines(file("before", "samples_parity"));
        List<JsonObject> after = lines(file("after", "samples_parity"));
        List<Integer> wrong = new ArrayList<>();
        List<Integer> right = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int change = after.get(i).get("acc").getAsInt() - before.get(i).get("acc").getAsInt();
            if (change != 0) {
                (change < 0 ? wrong : right).add(i);
            }
        }
        assertEquals(7, wrong.size() + right.size());
        assertEquals(wrong.size(), acc.newlyWrong());
        assertEquals(right.size(), acc.newlyRight());
        List<JsonObject> flips = lines(folder.resolve("flips/parity.jsonl"));
        assertEquals(7, flips.size());
        for (JsonObject flip : flips) {
            int id = flip.get("doc_id").getAsInt();
            assertEquals(wrong.contains(id) ? "newlyWrong" : "newlyRight", flip.get("change").getAsString());
            assertEquals("[\"yes\",\"no\"]", flip.get("choices").toString());
            assertEquals(id % 2, flip.get("target").getAsInt());
            assertEquals("is " + id + " even?", flip.get("prompt").getAsString());
            assertEquals(before.get(id).get("doc"), flip.get("doc"));
            assertEquals(after.get(id).getAsJsonArray("filtered_resps").get(1).getAsJsonArray().get(0).getAsDouble(),
                    flip.getAsJsonObject("logProbabilities").getAsJsonArray("after").get(1).getAsDouble());
        }
        assertEquals(0, lines(folder.resolve("flips/gen.jsonl")).size(), "no generation changed");
        assertTrue(Files.notExists(folder.resolve("flips/roll.jsonl")), "a perplexity is not right or wrong");
    }

    @Test
    void aTaskIsDividedByTheColumnThatItsRowsOrItsResultsName() throws IOException {
        assertEquals(List.of(), compare().subjects());
        assertTrue(lines(folder.resolve("flips/parity.jsonl")).stream().noneMatch(flip -> flip.has("subject")));
        for (String side : List.of("before", "after")) {
            change(side, "samples_parity", text -> text.replaceAll("\"doc\": \\{\"q\": \"is ([0-5]) even",
                    "\"doc\": {\"subject\": \"small\", \"q\": \"is $1 even").replace("\"doc\": {\"q\"",
                    "\"doc\": {\"subject\": \"large\", \"q\""));
        }
        EvaluationComparison divided = compareAgain();
        assertEquals(List.of("large 6", "small 6"),
                divided.subjects().stream().map(each -> each.subject() + " " + each.n()).toList());
        ScoreChange acc = score(divided, "parity", "acc");
        assertEquals(acc.newlyWrong(), divided.subjects().stream().mapToInt(SubjectChange::newlyWrong).sum());
        assertEquals(acc.change(), divided.subjects().stream().mapToDouble(SubjectChange::change).sum() / 2, 1e-12);
        change("before", "results", text -> text.replaceFirst("\"task\": \"parity\",",
                "\"task\": \"parity\", \"subject\": \"y\","));
        assertEquals(List.of("0 6", "1 6"),
                compareAgain().subjects().stream().map(each -> each.subject() + " " + each.n()).toList());
    }

    private static List<JsonObject> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }

    @Test
    void holmsCorrectionIsOverAllRowsAndDecidesTheVerdict() throws IOException {
        EvaluationComparison noise = compare();
        // The least raw p is acc's 2 against 5, (1 + 7 + 21) · 2 / 2⁷ = 0.453; six times that is above 1.
        assertEquals(0.453125, noise.scores().stream().mapToDouble(ScoreChange::p).min().orElseThrow(), 1e-12);
        assertTrue(noise.scores().stream().allMatch(each -> each.adjustedP() == 1));
        assertTrue(noise.scores().stream().allMatch(each -> each.verdict() == ChangeVerdict.NOISE));
        // A 3 before every digit: every text becomes 30 nats less likely, and the rest stays noise.
        change("after", "samples_roll", text -> text.replace("perplexity\": [-", "perplexity\": [-3")
                .replace("byte\": [-", "byte\": [-3"));
        change("after", "results", text -> text.replaceAll("\"(word_perplexity|bits_per_byte),none\": [0-9.]+",
                "\"$1,none\": \"N/A\""));
        EvaluationComparison worse = compareAgain();
        ScoreChange bits = score(worse, "roll", "bits_per_byte");
        assertEquals(ChangeVerdict.WORSE, bits.verdict());
        assertEquals(2 / 10_001.0, bits.p(), 1e-12);
        assertEquals(6 * 2 / 10_001.0, bits.adjustedP(), 1e-12);
        assertEquals(ChangeVerdict.NOISE, score(worse, "parity", "acc").verdict());
    }

    private EvaluationComparison compareAgain() {
        return EvaluationComparison.between(EvaluationFolder.open(folder.resolve("before"), null),
                EvaluationFolder.open(folder.resolve("after"), null), 7, null, null);
    }

    @Test
    void aMetricThatDoesNotFollowFromTheItemsIsLeftOutAndNamed() throws IOException {
        change("after", "results", text -> text.replaceFirst("\"acc,none\": [0-9.]+", "\"acc,none\": 0.123"));
        EvaluationComparison comparison = compare();
        assertTrue(comparison.scores().stream().noneMatch(each -> each.metric().equals("acc")));
        assertTrue(comparison.notes().stream().anyMatch(note -> note.contains("parity acc is left out")
                && note.contains("0.123")), comparison.notes()::toString);
    }

    @Test
    void calibrationNeedsToKnowWhichChoiceIsRight() throws IOException {
        assertEquals(2, compare().calibration().size());
        change("before", "samples_parity", text -> text.replace("\"target\": \"0\"", "\"target\": \"[0, 1]\""));
        EvaluationComparison comparison = compareAgain();
        assertEquals(List.of(), comparison.calibration());
        assertTrue(comparison.notes().stream().anyMatch(note -> note.startsWith("parity has no calibration: item 0")),
                comparison.notes()::toString);
    }

    @Test
    void aTargetMayBeTheTextOfAChoice() throws IOException {
        List<CalibrationChange> expected = compare().calibration();
        change("before", "samples_parity", text -> text.replace("\"target\": \"0\"", "\"target\": \"yes\""));
        assertEquals(expected, compareAgain().calibration());
    }

    /** lm-eval asks each choice a second time without the question, behind the first ones. */
    @Test
    void ofMutualInformationOnlyTheAnsweredChoicesCount() throws IOException {
        List<CalibrationChange> expected = compare().calibration();
        change("before", "samples_parity", text -> text
                .replace("\"arg_1\": \" no\"}}", "\"arg_1\": \" no\"}, \"gen_args_2\": {\"arg_0\": \"\", \"arg_1\": \" yes\"},"
                        + " \"gen_args_3\": {\"arg_0\": \"\", \"arg_1\": \" no\"}}")
                .replace("]], \"filter\"", "], [\"-0.1\", \"True\"], [\"-0.2\", \"False\"]], \"filter\"")
                .replace("\"metrics\": [\"acc\", ", "\"metrics\": [\"acc\", \"acc_mutual_info\", ")
                .replace("\"acc\": ", "\"acc_mutual_info\": 1.0, \"acc\": "));
        EvaluationComparison comparison = compareAgain();
        assertEquals(expected, comparison.calibration());
        assertTrue(comparison.notes().stream().anyMatch(note -> note.contains("acc_mutual_info")),
                "of one evaluation only");
    }

    @Test
    void theNewestOfSeveralResultsIsTaken() throws IOException {
        double before = compare().scores().get(2).before();
        for (String kind : List.of("results", "samples_parity")) {
            Path newest = file("after", kind);
            Files.copy(newest, file("before", "results").resolveSibling(newest.getFileName()));
        }
        EvaluationComparison comparison = compareAgain();
        assertEquals(score(comparison, "parity", "acc").after(), score(comparison, "parity", "acc").before());
        assertTrue(before != score(comparison, "parity", "acc").before());
        assertTrue(comparison.notes().stream().anyMatch(note -> note.startsWith("gen is left out")
                && note.contains("before")), comparison.notes()::toString);
    }

    @Test
    void otherItemsAreRefusedWithTheirNumberAndTheFirst() throws IOException {
        change("after", "samples_parity", text -> text.lines().skip(2).map(line -> line + "\n").reduce("", String::concat));
        change("after", "results", text -> text.replaceAll("\"acc(_norm)?,none\": [0-9.]+", "\"acc$1,none\": \"N/A\""));
        String message = refused();
        assertTrue(message.contains("found 12 and 10, of which 2 are in one evaluation only; the first is doc_id 0, in"
                + " the first"), message);
    }

    @ParameterizedTest
    @CsvSource({"doc_hash, row", "prompt_hash, prompt", "target_hash, target"})
    void anItemOfAnotherHashIsRefused(String hash, String what) throws IOException {
        UnaryOperator<String> other = line -> line.replaceFirst("\"" + hash + "\": \"....", "\"" + hash + "\": \"beef");
        changeLine("after", "samples_parity", 3, other);
        changeLine("after", "samples_parity", 5, other);
        String message = refused();
        assertTrue(message.contains("task 'parity'") && message.contains("2 of 12 differ; the first is doc_id 3, by its "
                + what + " (" + hash + ")"), message);
    }

    @Test
    void aBrokenLineIsNamedWithItsFile() throws IOException {
        changeLine("after", "samples_gen", 4, line -> line.substring(0, line.length() / 2));
        String message = refused();
        assertTrue(message.contains("samples_gen_") && message.contains(".jsonl, line 5"), message);
    }

    @ParameterizedTest
    @CsvSource({"doc_hash", "filtered_resps", "metrics", "acc_norm", "arguments", "doc_id"})
    void aLineThatLacksSomethingIsNamedWithIt(String key) throws IOException {
        changeLine("after", "samples_parity", 1, line -> line.replace("\"" + key + "\": ", "\"other\": "));
        String message = refused();
        assertTrue(message.contains(", line 2; found no '" + key + "'"), message);
    }

    @Test
    void anItemTwiceIsRefused() throws IOException {
        changeLine("after", "samples_parity", 1, line -> line.replace("\"doc_id\": 1", "\"doc_id\": 0"));
        assertTrue(refused().contains("line 2; found doc_id 0 a second time"), this::refused);
    }

    @Test
    void withoutSamplesLmEvalsOptionIsNamed() throws IOException {
        for (String task : List.of("gen", "parity", "roll")) {
            Files.delete(file("after", "samples_" + task));
        }
        assertTrue(refused().contains("--log_samples"), this::refused);
    }

    @Test
    void aDamagedResultsFileIsNamed() throws IOException {
        change("after", "results", text -> text.substring(0, 300));
        String message = refused();
        assertTrue(message.contains("results_2026") && message.contains("damaged"), message);
    }

    @Test
    void severalModelsInOneFolderAreNamed() {
        InvalidInputException refused = assertThrows(InvalidInputException.class, () -> {
            Files.createDirectories(folder.resolve("both"));
            Files.move(folder.resolve("before/org__tiny"), folder.resolve("both/one"));
            Files.move(folder.resolve("after/org__tiny"), folder.resolve("both/two"));
            EvaluationFolder.open(folder.resolve("both"), null);
        });
        assertTrue(refused.getMessage().contains("one, two"), refused.getMessage());
    }
}
