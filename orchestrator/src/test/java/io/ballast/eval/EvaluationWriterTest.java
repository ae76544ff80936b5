package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationWriterTest extends WithPython {
    @TempDir
    Path folder;
    private Evaluation evaluation;

    @BeforeEach
    void evaluate() throws IOException {
        Path questions = Files.writeString(folder.resolve("piqa.jsonl"), """
                {"goal": "g", "sol1": "a", "sol2": "bc", "label": 1}
                {"goal": "h", "sol1": "d", "sol2": "ef", "label": 0}
                {"goal": "i", "sol1": "g", "sol2": "hi", "label": 0}
                """);
        Path texts = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"caf\u00E9 <b>\u2028</b>\"}\n");
        List<EvaluationTask> tasks = List.of(
                SmallTasks.shipped(bridge, "piqa", questions, 2),
                new PerplexityTask("stories/test", Role.GENERAL, new TaskData(texts, null, null), null, "{text}",
                        false));
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, true)) {
            evaluation = new Evaluator(tokenizer, new BigramScorer(CharacterTokenizer.VOCABULARY),
                    SmallTasks.NOTHING_GENERATED, 2, 5)
                    .evaluate(EvaluationTasks.of(tasks), AnswerCache.none(), (done, total) -> { }, () -> false);
        }
    }

    private JsonObject results() throws IOException {
        Path file = EvaluationWriter.write(evaluation, "org/model", folder.resolve("base"));
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    private List<JsonObject> samples(String task) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("base"))) {
            Path file = files.filter(each -> each.getFileName().toString().startsWith("samples_" + task + "_"))
                    .findFirst().orElseThrow();
            return Files.readAllLines(file).stream().map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .toList();
        }
    }

    @Test
    void resultsHaveLmEvalsKeys() throws IOException {
        JsonObject results = results();
        assertTrue(results.keySet().containsAll(Set.of("results", "group_subtasks", "configs", "versions", "n-shot",
                "higher_is_better", "n-samples", "config", "date", "max_length", "task_hashes", "model_source",
                "model_name", "model_name_sanitized", "total_evaluation_time_seconds")), results.keySet().toString());
        JsonObject piqa = results.getAsJsonObject("results").getAsJsonObject("piqa");
        assertEquals(List.of("name", "alias", "sample_len", "acc,none", "acc_stderr,none", "acc_norm,none",
                "acc_norm_stderr,none"), List.copyOf(piqa.keySet()));
        assertEquals(evaluation.scores("base").get(0).value(), piqa.get("acc,none").getAsDouble());
        assertEquals(JsonParser.parseString("{\"original\": 3, \"effective\": 2}"),
                results.getAsJsonObject("n-samples").get("piqa"));
        assertEquals("N/A", results.getAsJsonObject("results").getAsJsonObject("stories/test")
                .get("perplexity_stderr,none").getAsString());
        assertEquals("org__model", results.get("model_name_sanitized").getAsString());
    }

    @Test
    void groupsStandWithTheirAliasTheirTasksAndTheirScore() throws IOException {
        evaluateAsGroups();
        JsonObject results = results();
        JsonObject group = results.getAsJsonObject("groups").getAsJsonObject("all");
        assertEquals("Everything", group.get("alias").getAsString());
        assertEquals(evaluation.scores("base").get(0).value(), group.get("acc,none").getAsDouble());
        assertEquals(Set.of("all"), results.getAsJsonObject("groups").keySet(), "a heading has no score");
        assertEquals("{\"all\":[\"piqa\"],\"heading\":[\"all\"]}", results.get("group_subtasks").toString());
        assertEquals(group, results.getAsJsonObject("results").get("all"), "as lm-eval, among the tasks too");
        assertEquals("2", results.getAsJsonObject("versions").get("all").getAsString());
        assertEquals(0, results.getAsJsonObject("n-shot").get("heading").getAsInt());
        assertEquals("{\"acc\":true,\"acc_norm\":true}", results.getAsJsonObject("higher_is_better")
                .get("heading").toString());
    }

    private void evaluateAsGroups() {
        TaskGroup all = new TaskGroup("all", "Everything", "2", List.of("piqa"),
                List.of(new TaskGroup.GroupMetric("acc", null, true)));
        TaskGroup heading = new TaskGroup("heading", "Heading", "N/A", List.of("all"), List.of());
        evaluation = new Evaluation(evaluation.results(), List.of(all, heading), evaluation.encoding(), 2,
                evaluation.started(), evaluation.finished());
    }

    /** {@code lm_eval.utils}, which its own scripts for Zeno and others read results with. */
    @Test
    void lmEvalsOwnToolsFindTheFilesAndMakeItsTableOfThem() throws IOException, InterruptedException {
        evaluateAsGroups();
        results();
        Path home = LmEvalReference.home();
        Process lmEval = new ProcessBuilder(home.resolve(".venv/bin/python").toString(),
                home.resolve("orchestrator/src/test/python/lm_eval_tools.py").toString(),
                folder.resolve("base").toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        JsonObject read = JsonParser.parseReader(lmEval.inputReader(StandardCharsets.UTF_8)).getAsJsonObject();
        assertEquals(0, lmEval.waitFor());
        assertEquals(JsonParser.parseString("{\"piqa\": 2, \"stories_test\": 1}"), read.get("samples"));
        String accuracy = String.format(Locale.ROOT, " %.1f|", evaluation.scores("base").get(0).value());
        for (String row : List.of("| - Everything", "|  - piqa", "|stories/test")) {
            assertTrue(read.get("table").getAsString().contains("\n" + row), read.get("table").getAsString());
        }
        assertTrue(read.get("groups").getAsString().contains(accuracy), read.get("groups").getAsString());
    }

    @Test
    void resultsSayWhichSpecialTokensWereUsedAndWhatWasCut() throws IOException {
        JsonObject results = results();
        JsonObject config = results.getAsJsonObject("config");
        assertEquals("[1]", config.get("task_context_begins_with").toString());
        assertEquals("[1]", config.get("perplexity_item_begins_with").toString());
        assertEquals(5, results.get("max_length").getAsInt());
        JsonObject piqa = results.getAsJsonObject("configs").getAsJsonObject("piqa");
        assertEquals(2, piqa.get("cut_items").getAsInt());
        assertEquals("Question: {{goal}}\nAnswer:", piqa.get("doc_to_text").getAsString());
    }

    @Test
    void aSampleHoldsWhatWasAskedAndAnswered() throws IOException {
        results();
        JsonObject sample = samples("piqa").get(1);
        assertEquals(1, sample.get("doc_id").getAsInt());
        assertEquals("h", sample.getAsJsonObject("doc").get("goal").getAsString());
        assertEquals("{\"arg_0\":\"Question: h\\nAnswer:\",\"arg_1\":\" ef\"}",
                sample.getAsJsonObject("arguments").get("gen_args_1").toString());
        assertEquals("0", sample.get("target").getAsString());
        Likelihood second = evaluation.results().get(0).items().get(1).answer().likelihoods().get(1);
        assertEquals(second.logProbability(), Double.parseDouble(
                sample.getAsJsonArray("filtered_resps").get(1).getAsJsonArray().get(0).getAsString()));
        assertEquals("False", sample.getAsJsonArray("resps").get(0).getAsJsonArray().get(0).getAsJsonArray().get(1)
                .getAsString());
        assertTrue(sample.get("acc").getAsDouble() == 0 || sample.get("acc").getAsDouble() == 1);
    }

    @Test
    void aTextsSampleHasItsNatsAndTokens() throws IOException {
        results();
        JsonObject sample = samples("stories_test").get(0);
        assertEquals("caf\u00E9 <b>\u2028</b>", sample.get("target").getAsString());
        assertEquals(evaluation.results().get(1).items().get(0).answer().likelihoods().get(0).tokens(),
                sample.getAsJsonArray("perplexity").get(1).getAsDouble());
    }

    @Test
    void nothingIsOverwritten() {
        Path base = folder.resolve("base");
        EvaluationWriter.write(evaluation, "m", base);
        assertThrows(UncheckedIOException.class, () -> EvaluationWriter.write(evaluation, "m", base));
    }
}
