package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.config.PhaseConfig;
import io.ballast.config.TaskConfig;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTasksTest {
    private static final PhaseConfig NONE = null;

    private static PhaseConfig phase(String where, String text, String prompt, String completion, String messages) {
        DataConfig data = new DataConfig("train.jsonl", where, text, prompt, completion, messages, 1, true, null);
        return new PhaseConfig(null, List.of(data), 1, null, 1, 1, 1e-3, PhaseConfig.Schedule.LINEAR, 0, 0, 1, null,
                false, 1, 0, null);
    }

    private static TaskConfig perplexity(String file, String text, String prompt, String completion, String where) {
        return new TaskConfig(null, null, null, null, file, text, prompt, completion, where, 5, null, null, null, null);
    }

    private static EvaluationTask only(TaskConfig entry, PhaseConfig general) {
        List<EvaluationTask> tasks = EvaluationTasks.of(new EvaluationConfig(
                List.of(EvaluationConfig.Stage.BASE), List.of(entry), List.of(), 16), general, none -> NONE);
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
        TaskConfig entry = new TaskConfig("piqa", "/data/p.jsonl", Map.of("goal", "g"), null, null, null, null, null, null, 9,
                null, null, null, "g");
        assertEquals(new LikelihoodTask("piqa", Role.GENERAL, Tasks.named("piqa"),
                new TaskData(Path.of("/data/p.jsonl"), null, 9, "g"), Map.of("goal", "g")), only(entry, NONE));
        assertEquals("physics", only(new TaskConfig("piqa", "/data/p.jsonl", null, null, null, null, null, null, null, null,
                "physics", null, null, null), NONE).name());
    }

    @Test
    void aTaskWithoutDataSaysHowToNameIt() {
        TaskConfig entry = new TaskConfig("piqa", null, null, null, null, null, null, null, null, null, null, null, null, null);
        String message = assertThrows(InvalidInputException.class, () -> only(entry, NONE)).getMessage();
        assertTrue(message.contains("{\"task\": \"piqa\", \"data\": FILE}"), message);
    }

    @Test
    void questionsOfOnesOwnAreATaskThatNeedsTheColumnsOfItsTemplates() {
        EvaluationConfig evaluation = ExperimentReader.block(JsonParser.parseString("""
                {"domain": [{"name": "mine", "limit": 3, "where": "a <> ''",
                             "multipleChoice": {"path": "q.csv", "prompt": "{question}\\n", "choices": ["{a}", "{b}"],
                                                "answer": "{label}"}}]}
                """).getAsJsonObject(), EvaluationConfig.class, Path.of("/data"), "the test");
        LikelihoodTask task = (LikelihoodTask) EvaluationTasks.of(evaluation).get(0);
        assertEquals("mine", task.name());
        assertEquals(new TaskData(Path.of("/data/q.csv"), "a <> ''", 3), task.data());
        assertEquals(List.of("question", "label", "a", "b"), task.definition().columns());
        assertEquals(List.of(Metric.ACC, Metric.ACC_NORM), task.metrics());
        assertEquals("multiple_choice", task.describe().get("output_type"));
    }

    @Test
    void generalTasksComeFirstAndRolesAreKept() {
        TaskConfig entry = new TaskConfig("piqa", "/p.jsonl", null, null, null, null, null, null, null, null, null, null, null, null);
        TaskConfig other = perplexity("/texts.jsonl", null, null, null, null);
        assertEquals(List.of("texts general", "piqa domain"), EvaluationTasks.of(new EvaluationConfig(List.of(),
                List.of(other), List.of(entry), 16)).stream()
                .map(task -> task.name() + " " + task.role().key()).toList());
    }
}
