package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.TaskConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTasksTest extends WithPython {
    private static final PhaseConfig NONE = null;

    private static PhaseConfig phase(String where, String text, String prompt, String completion, String messages) {
        DataConfig data = new DataConfig("train.jsonl", where, text, prompt, completion, messages, 1, true, null, null);
        return new PhaseConfig(null, List.of(data), 1, null, 1, 1, false, 1e-3, PhaseConfig.Schedule.LINEAR, 0, 0, 1, null,
                false, 1, 0, null, null);
    }

    private static TaskConfig perplexity(String file, String text, String prompt, String completion, String where) {
        return new TaskConfig(null, null, null, null, file, text, prompt, completion, where, 5, null, null, null,
                null, null, null, null, null);
    }

    private static EvaluationTask only(TaskConfig entry, PhaseConfig general) {
        List<EvaluationTask> tasks = EvaluationTasks.of(new EvaluationConfig(
                List.of(EvaluationConfig.Stage.BASE), List.of(entry), List.of(), 16, null, List.of(), null, false, false),
                general, none -> NONE, bridge).all();
        assertEquals(1, tasks.size());
        return tasks.get(0);
    }

    private static PerplexityTask expected(String where, String prompt, String scored, boolean endOfText) {
        return new PerplexityTask("medmcqa/test", Role.GENERAL,
                new TaskData(Path.of("/data/medmcqa/test.jsonl"), where, 5), prompt, scored, endOfText);
    }

    @Test
    void aPerplexityTakesTemplatesAndConditionOfItsRolesFirstData() {
        TaskConfig entry = perplexity("/data/medmcqa/test.jsonl", null, null, null, null);
        assertEquals(expected("exp is not null", "Question: {question}", " {exp}", true),
                only(entry, phase("exp is not null", null, "Question: {question}", " {exp}", null)));
        assertEquals(expected(null, null, "{title}", true), only(entry, phase(null, "{title}", null, null, null)));
    }

    @Test
    void aPerplexitysOwnTemplatesStandAlone() {
        PhaseConfig phase = phase("exp is not null", null, "{question}", "{exp}", null);
        assertEquals(expected(null, null, "{body}", false),
                only(perplexity("/data/medmcqa/test.jsonl", "{body}", null, null, null), phase));
        assertEquals(expected("a > 1", "{q}", "{a}", true),
                only(perplexity("/data/medmcqa/test.jsonl", null, "{q}", "{a}", "a > 1"), phase));
    }

    @Test
    void withoutAPhaseAPerplexityReadsTheFieldText() {
        assertEquals(expected(null, null, "{text}", false),
                only(perplexity("/data/medmcqa/test.jsonl", null, null, null, null), NONE));
    }

    @Test
    void chatMessagesAreNotLent() {
        TaskConfig entry = perplexity("/data/medmcqa/test.jsonl", null, null, null, null);
        PhaseConfig chat = phase(null, null, null, null, "messages");
        String message = assertThrows(InvalidInputException.class, () -> only(entry, chat)).getMessage();
        assertTrue(message.contains("medmcqa/test") && message.contains("\"prompt\""), message);
    }

    @Test
    void aTaskIsNamedAfterItselfUnlessItHasAName() {
        EvaluationTasks tasks = SmallTasks.of(bridge, """
                {"general": [{"task": "piqa", "data": "/data/p.jsonl", "limit": 9, "columns": {"goal": "g"}},
                             {"task": "piqa", "data": "/data/p.jsonl", "name": "physics"}]}""");
        EvaluationTask piqa = tasks.all().get(0);
        assertEquals(List.of("piqa", "physics"), tasks.all().stream().map(EvaluationTask::name).toList());
        assertEquals(new TaskData(Path.of("/data/p.jsonl"), null, 9), piqa.data());
        assertEquals(List.of("acc", "acc_norm"), piqa.metrics().stream().map(Metric::key).toList());
        assertEquals(Map.of("goal", "g"), piqa.describe().get("columns"));
    }

    @Test
    void twoEntriesOfOneNameAreRefused() {
        String message = assertThrows(InvalidInputException.class, () -> SmallTasks.of(bridge, """
                {"general": [{"task": "piqa", "data": "/a.jsonl"}], "domain": [{"task": "piqa", "data": "/b.jsonl"}]}"""))
                .getMessage();
        assertTrue(message.contains("'piqa' twice"), message);
    }

    @Test
    void anUnknownTaskNamesTheNearest() {
        String message = assertThrows(InvalidInputException.class, () -> SmallTasks.of(bridge,
                "{\"general\": [\"sicq\"]}")).getMessage();
        assertTrue(message.contains("sicq") && message.contains("sciq"), message);
    }

    @Test
    void aFileThatSaysNoShotsMeansItAndAnotherIsAskedFor() {
        EvaluationTasks tasks = SmallTasks.of(bridge, """
                {"general": [{"task": "piqa", "data": "/p.jsonl", "shots": 3, "shotsData": "/t.jsonl"},
                             {"task": "piqa", "data": "/p.jsonl", "name": "bare"}]}""");
        assertEquals(List.of(3, 0), tasks.all().stream().map(EvaluationTask::shots).toList());
    }

    @Test
    void questionsOfOnesOwnAreATask() {
        EvaluationTask task = SmallTasks.of(bridge, """
                {"domain": [{"name": "mine", "limit": 3, "where": "a <> ''",
                             "multipleChoice": {"path": "/q.csv", "prompt": "{question}\\n", "choices": ["{a}", "{b}"],
                                                "answer": "{label}"}}]}""").all().get(0);
        assertEquals("mine", task.name());
        assertEquals(new TaskData(Path.of("/q.csv"), "a <> ''", 3), task.data());
        assertEquals(List.of("acc", "acc_norm"), task.metrics().stream().map(Metric::key).toList());
        assertEquals("multiple_choice", ((JsonPrimitive) task.describe().get("output_type")).getAsString());
    }

    @Test
    void generalTasksComeFirstAndRolesAreKept() {
        assertEquals(List.of("texts general", "piqa domain"), SmallTasks.of(bridge, """
                {"domain": [{"task": "piqa", "data": "/p.jsonl"}], "general": [{"perplexity": "/texts.jsonl", "name": "texts"}]}""")
                .all().stream().map(task -> task.name() + " " + task.role().key()).toList());
    }

    @Test
    void dataAreFoundInAFolderByTaskAndSplit(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("sciq"));
        Files.writeString(folder.resolve("sciq/test.jsonl"), "{}");
        Files.writeString(folder.resolve("sciq/train.csv"), "a");
        Files.writeString(folder.resolve("piqa.parquet"), "");
        String evaluation = "{\"general\": [{\"task\": \"sciq\", \"shots\": 2}, \"piqa\"], \"dataDir\": \"" + folder + "\"}";
        assertEquals(List.of(List.of(folder.resolve("sciq/test.jsonl")), List.of(folder.resolve("piqa.parquet"))),
                SmallTasks.of(bridge, evaluation).all().stream().map(task -> task.data().files()).toList());
        assertTrue(SmallTasks.of(bridge, evaluation).all().get(0).fileStates()
                .containsKey(folder.resolve("sciq/train.csv")));
        String message = assertThrows(InvalidInputException.class, () -> SmallTasks.of(bridge,
                evaluation.replace("\"piqa\"", "\"medmcqa\""))).getMessage();
        assertTrue(message.contains("medmcqa/validation") && message.contains(".parquet"), message);
    }
}
