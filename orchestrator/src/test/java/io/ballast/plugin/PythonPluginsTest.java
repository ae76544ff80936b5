package io.ballast.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.PluginException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.artifacts.RunArtifacts;
import io.ballast.data.Sha256;
import io.ballast.eval.Score;
import io.ballast.train.TinyRuns;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class PythonPluginsTest extends TinyRuns {
    private static final String METRICS = "evaluation={\"stages\": [\"base\", \"domain\"], \"domain\":"
            + " [{\"name\": \"rows\", \"perplexity\": \"rows.jsonl\", \"metrics\": [\"%s:%s\", \"%s:%s\"]}]}";

    private Run start(String module, String... settings) throws IOException {
        return ballast.start(PluginExperiment.read(folder, module, settings), RunListener.NONE);
    }

    private String failure(String module, String... settings) throws IOException {
        Run run = start(module, settings);
        PluginException failed = assertThrows(PluginException.class, run::result);
        assertEquals(2, failed.exitCode());
        assertEquals("failed", Result.read(run.folder()).status());
        assertFalse(failed.getMessage().contains("Traceback"), failed.getMessage());
        return failed.getMessage();
    }

    @Test
    void aTransformMakesTheRowsThatAreTrainedOnAndThoseWhosePerplexityBorrowsItsTemplate() throws IOException {
        Run run = start("transforms", "domain.data=[{\"path\": \"rows.jsonl\", \"where\": \"n < 10\","
                + " \"text\": \"{text}\", \"transform\": \"transforms:doubled\"}]",
                "evaluation={\"domain\": [{\"name\": \"rows\", \"perplexity\": \"rows.jsonl\"}]}");
        Result result = run.result();
        assertEquals(20, result.scores().get(0).n(), "ten rows pass the condition, and each became two");
        assertEquals("What dose of drug 9? 9 mg", new RunArtifacts(run.folder()).samples("domain", "rows").get(19).doc()
                .get("text").getAsString());
    }

    @Test
    void aTransformThatFailsIsToldWithItsFileAndLine() throws IOException {
        String data = "domain.data=[{\"path\": \"rows.jsonl\", \"text\": \"{text}\", \"transform\": \"failing:%s\"}]";
        String message = failure("failing", data.formatted("broken"));
        assertTrue(message.startsWith("transform: \"failing:broken\" failed at " + folder.resolve("failing.py")
                + ", line 7: KeyError: 'nowhere'"), message);
        message = failure("failing", data.formatted("no_rows"));
        assertTrue(message.contains("failing.py, line 10) a list of rows, found int"), message);
        message = failure("failing", data.formatted("nothing"));
        assertTrue(message.contains("found no nothing in " + folder.resolve("failing.py") + "; it has doubled"),
                message);
    }

    @Test
    void aModuleOfTheSameNameInAnotherExperimentsFolderIsThatExperiments() throws IOException {
        assertTrue(failure("failing", "domain.data=[{\"path\": \"rows.jsonl\", \"text\": \"{text}\","
                + " \"transform\": \"failing:broken\"}]").contains(folder.resolve("failing.py").toString()));
    }

    @Test
    void aMetricIsTheMeanOfANumberForEachItemAndIsComparedLikeAnyOther() throws IOException {
        Run run = start("metrics", METRICS.formatted("metrics", "sure", "metrics", "length"));
        Result result = run.result();
        List<Score> base = result.scores().subList(0, 3);
        assertEquals(List.of("perplexity", "sure", "length"), base.stream().map(Score::metric).toList());
        assertEquals(List.of(false, true, false), base.stream().map(Score::higherIsBetter).toList());
        assertEquals((10 * 20 + 2 * 21) / 12.0, base.get(2).value(), 1e-12);
        double sure = new RunArtifacts(run.folder()).samples("base", "rows").stream()
                .mapToDouble(sample -> Double.parseDouble(sample.filteredResponses().get(0).isJsonArray()
                        ? sample.filteredResponses().get(0).getAsJsonArray().get(0).getAsString()
                        : sample.filteredResponses().get(0).getAsString())).average().orElseThrow();
        assertEquals(sure, base.get(1).value(), 1e-9);
        assertEquals(List.of("perplexity", "sure", "length"),
                result.learned().stream().map(each -> each.metric()).toList());
        assertTrue(result.learned().get(1).change() > 0);
    }

    @Test
    void aMetricThatIsNotOneNumberAnItemIsToldWithItsFileAndLine() throws IOException {
        String message = failure("wrong", METRICS.formatted("wrong", "sure", "wrong", "too_few"));
        assertTrue(message.contains("wrong.py, line 25) 12 numbers, one for each item, found 1"), message);
    }

    @Test
    void aStoppingRuleEndsThePhaseAndSaysWhy() throws IOException {
        Run run = start("stopping", "domain.stop=stopping:Patience");
        assertEquals(3, run.result().phases().get(0).steps());
        assertEquals(Map.of("stopping:Patience", new Sha256().file(folder.resolve("stopping.py")).hex()),
                run.result().environment().get("plugins"), "which code it was");
        RunEvent ended = new RunArtifacts(run.folder()).events().stream()
                .filter(event -> event.type().equals("ended-early")).findFirst().orElseThrow();
        assertEquals("3 looks and 3 losses at step 3", ended.fields().get("message"));
        run = start("stopping", "domain.stop=stopping:Patience");
        assertEquals(3, run.result().phases().get(0).steps(), "each phase has a rule of its own");
        assertEquals(1, start("stopping", "domain.stop=stopping:at_once").result().phases().get(0).steps());
    }

    @Test
    void aMethodThatFailsWhileItHoldsAPhaseBackIsToldWithItsFileAndLine() throws IOException {
        String message = failure("holding", "retention.method=holding_method:Third");
        assertEquals("retention.method: \"holding_method:Third\" failed at " + folder.resolve("holding_method.py")
                + ", line 13: IndexError: list index out of range", message);
    }

    @Test
    void aStoppingRuleThatFailsIsToldWithItsFileAndLine() throws IOException {
        String message = failure("stumbling", "domain.stop=stumbling:stumbles");
        assertTrue(message.contains("stumbling.py, line 43: IndexError"), message);
        assertTrue(failure("stumbling", "domain.stop=nomodule:Rule").contains("No module named 'nomodule'"));
    }
}
