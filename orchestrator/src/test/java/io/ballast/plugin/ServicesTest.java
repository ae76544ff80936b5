package io.ballast.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.PluginException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunListener;
import io.ballast.TinyModels;
import io.ballast.artifacts.RunArtifacts;
import io.ballast.artifacts.SampleLine;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ModelConfig;
import io.ballast.eval.Evaluation;
import io.ballast.eval.Score;
import io.ballast.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With the files that {@code ServiceLoader} reads, in the tests' resources. */
class ServicesTest extends TinyRuns {
    private static final String FROM_TICKETS = "domain.data=[{\"path\": \"tickets://%s\", \"where\": \"number < 20\","
            + " \"prompt\": \"{question}\", \"completion\": \" {answer}\"}]";

    private Run start(String... settings) throws IOException {
        return ballast.start(PluginExperiment.read(folder, "unused", settings), RunListener.NONE);
    }

    @Test
    void aListenerOnTheClassPathHearsARunAndOneThatThrowsDoesNotEndIt() throws IOException {
        Run run = start();
        assertEquals("completed", run.result().status());
        List<String> heard = Heard.RUNS.get(run.folder().toString());
        assertEquals("started", heard.get(0));
        assertEquals("finished", heard.get(heard.size() - 1));
        assertEquals(6, heard.stream().filter("step"::equals).count());
    }

    @Test
    void aListenerThatAProgramGivesDoesNotEndARunEither() throws IOException {
        assertEquals("completed", ballast.run(PluginExperiment.read(folder, "unused"), event -> {
            throw new IllegalStateException("a program's own fault");
        }).status());
    }

    @Test
    void rowsOfASourceAreTrainedOnAndMeasuredLikeAFilesRows() throws IOException {
        String evaluation = "evaluation={\"domain\": [{\"name\": \"tickets\","
                + " \"perplexity\": \"tickets://open?count=7\"}]}";
        Result result = start(FROM_TICKETS.formatted("closed?count=24"), evaluation).result();
        assertEquals(7, result.scores().get(0).n());
        assertEquals(6, result.phases().get(0).steps());
    }

    @Test
    void aSourceThatThrowsIsToldWithItsClassAndLine() throws IOException {
        Run run = start(FROM_TICKETS.formatted("broken"));
        String message = assertThrows(PluginException.class, run::result).getMessage();
        assertTrue(message.contains("tickets://broken (io.ballast.plugin.Tickets) failed at Tickets.java, line 20"),
                message);
        assertTrue(message.endsWith("the ticket system is away"), message);
        run = start(FROM_TICKETS.formatted("closed?count=0"));
        assertTrue(assertThrows(InvalidInputException.class, run::result).getMessage().contains("found none"));
    }

    @Test
    void anAddressWithoutASourceIsRefusedBeforeAFolderIsMade() {
        String message = assertThrows(InvalidInputException.class,
                () -> start("domain.data=[{\"path\": \"ticket://closed\", \"text\": \"{x}\"}]")).getMessage();
        assertTrue(message.contains("found ticket://closed. There is: tickets."), message);
        assertTrue(Files.notExists(folder.resolve("runs")));
    }

    @Test
    void aTaskInJavaIsAskedAndScored() throws IOException {
        Run run = start("evaluation={\"domain\": [{\"task\": \"triage\", \"data\": \"tickets.jsonl\"}]}");
        assertEquals(List.of("acc", "acc_norm"), run.result().scores().subList(0, 2).stream().map(each -> each.metric())
                .toList());
        List<SampleLine> samples = new RunArtifacts(run.folder()).samples("base", "triage");
        assertEquals(2, samples.size(), "a row without a question is left out");
        JsonObject yes = samples.get(0).arguments().get("gen_args_1");
        assertEquals("Ticket: It burns.\nUrgent:", yes.get("arg_0").getAsString());
        assertEquals(" yes", yes.get("arg_1").getAsString());
        assertEquals("1", samples.get(0).target().getAsString());
    }

    @Test
    void anEvaluationWithoutARunHasTasksAndSourcesToo() throws IOException {
        PluginExperiment.write(folder, "unused");
        JsonObject model = JsonParser.parseString("{\"path\": \"" + TinyModels.folder("llama-tied")
                + "\", \"device\": \"cpu\"}").getAsJsonObject();
        JsonObject tasks = JsonParser.parseString("""
                {"general": [{"task": "triage", "data": "tickets.jsonl"},
                             {"name": "open", "perplexity": "tickets://open?count=7", "text": "{question}"}]}
                """).getAsJsonObject();
        Evaluation scored = ballast.evaluate(ExperimentReader.block(model, ModelConfig.class, folder, "the model"),
                ExperimentReader.block(tasks, EvaluationConfig.class, folder, "the tasks"), RunListener.NONE, () -> false);
        assertEquals(List.of(2, 2, 7), scored.scores("now").stream().map(Score::n).toList());
    }

    @Test
    void aTaskThatThrowsIsToldWithTheRowAndItsLine() throws IOException {
        Files.writeString(folder.resolve("broken.jsonl"), "{\"broken\": 1}\n");
        Run run = start("evaluation={\"domain\": [{\"task\": \"triage\", \"data\": \"broken.jsonl\"}]}");
        String message = assertThrows(PluginException.class, run::result).getMessage();
        assertTrue(message.contains("broken.jsonl, line 1: the task triage (io.ballast.plugin.Triage) failed at"
                + " Triage.java, line 22"), message);
    }
}
