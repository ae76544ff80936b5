package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.eval.Score;
import io.ballast.eval.TrainTestMatrix;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** Whole runs on tiny models over several domains. */
@Tag("one-jdk")
class DomainSequenceTest extends TinyRuns {
    private static final List<String> NAMES = List.of("first", "second", "third");

    /** The tiny experiment with three domains: the third is the first again. */
    private TinyExperiment three(String model) throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, model);
        Files.writeString(folder.resolve("other.jsonl"),
                Files.readString(folder.resolve("domain.jsonl")).replace("drug", "planet").replace("mg", "moons"));
        JsonArray domains = new JsonArray();
        JsonArray tasks = new JsonArray();
        for (String name : NAMES) {
            String file = name.equals("second") ? "other.jsonl" : "domain.jsonl";
            JsonObject domain = tiny.block("domain").deepCopy();
            domain.addProperty("name", name);
            domain.getAsJsonArray("data").get(0).getAsJsonObject().addProperty("path", file);
            domains.add(domain);
            tasks.add(JsonParser.parseString("{\"name\": \"%s-text\", \"perplexity\": \"%s\", \"domain\": \"%s\"}"
                    .formatted(name, file, name)));
        }
        return tiny.with("domain", domains.toString()).with("evaluation.domain", tasks.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"method\": \"none\"}|{}|null",
        "{\"method\": \"l2\", \"options\": {\"freeUnseen\": true}}|{}|null",
        "{\"method\": \"hierarchical\"}|{\"carry\": \"maximum\"}|null",
        "{\"method\": \"hierarchical\"}|{\"gradient\": \"independent\", \"storage\": \"int8\"}|null",
        "{\"method\": \"ewc\"}|{\"carry\": \"separate\", \"samples\": 8}|null",
        "{\"method\": \"ewc\"}|{\"carry\": \"decay\", \"decay\": 0.9, \"samples\": 8}|null",
        "{\"method\": \"rwalk\"}|{}|null",
        "{\"method\": \"kl\"}|{}|{\"rank\": 4, \"carry\": \"stack\"}",
        "{\"method\": \"olora\"}|{}|{\"rank\": 4}",
        "{\"method\": \"ewc-lora\", \"options\": {\"variant\": \"online\"}}|{\"samples\": 8}|{\"rank\": 4}",
        "{\"method\": \"hierarchical\", \"space\": \"effective\"}|{}|{\"rank\": 4, \"carry\": \"merge\"}",
        "{\"method\": \"hierarchical\"}|{}|{\"rank\": 4}",
    })
    void everyMethodGoesFromDomainToDomain(String settings) throws IOException {
        String[] parts = settings.split("\\|");
        Run run = start(three("gpt2").with("retention", parts[0]).with("importance", parts[1]).with("adapter", parts[2]));
        Result result = run.result();
        assertEquals("completed", result.status());
        assertEquals(List.of("general", "first", "second", "third"),
                result.phases().stream().map(Result.Phase::name).toList());
        TrainTestMatrix matrix = result.matrices().get(0);
        assertEquals("loss", matrix.metric());
        assertEquals(NAMES, matrix.domains());
        assertEquals(5, matrix.measures().size());
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                String stage = NAMES.get(i);
                String task = NAMES.get(j) + "-text";
                Score score = result.scores().stream()
                        .filter(each -> each.stage().equals(stage) && each.task().equals(task)).findFirst().orElseThrow();
                assertEquals(Math.log(score.value()), matrix.rows().get(i).get(j), 1e-12);
            }
        }
        assertEquals(matrix.rows().get(2).get(0), matrix.rows().get(2).get(2), 1e-12, "the third domain is the first");
        assertTrue(matrix.rows().get(0).get(0) < matrix.before().get(0), "the first is learned");
    }

    @Test
    void whatIsCarriedOnHoldsTheNextDomainAndIsKeptForAnotherRun() throws IOException {
        TinyExperiment free = three("llama-tied").with("retention.lambda", "0");
        TinyExperiment held = three("llama-tied").with("retention.lambda", "1e9");
        Run freely = start(free);
        freely.result();
        Run firmly = start(held);
        List<List<Double>> rows = firmly.result().matrices().get(0).rows();
        List<List<Double>> unheld = freely.result().matrices().get(0).rows();
        double moved = Math.abs(rows.get(1).get(0) - rows.get(0).get(0));
        double movedFreely = Math.abs(unheld.get(1).get(0) - unheld.get(0).get(0));
        assertTrue(moved < movedFreely / 5, "the first domain's loss moved by " + moved + " and " + movedFreely);
        for (String domain : List.of("first", "second")) {
            assertTrue(Files.exists(firmly.folder().resolve("anchors").resolve(domain).resolve("anchor.safetensors")));
        }
        assertFalse(Files.exists(firmly.folder().resolve("anchors/third")), "none follows that it could hold");
        assertTrue(Files.readString(firmly.folder().resolve("events.jsonl")).contains("\"carried\""));
        Run another = start(new TinyExperiment(folder, "llama-tied").without("general")
                .with("retention.anchor", "\"" + firmly.folder().resolve("anchors/first") + "\""));
        assertEquals(perplexity(firmly.result(), "first", "first-text"), perplexity(another.result(), "anchored", "doses"),
                1e-6, "it starts where the first domain ended");
    }

    @Test
    void stackedAdaptersAreOneOnTheOriginalBaseAndMergedOnesACheckpoint() throws IOException {
        for (String way : List.of("stack", "merge")) {
            Run run = start(three("llama-tied").with("retention", "{\"method\": \"none\"}")
                    .with("adapter", "{\"rank\": 2, \"carry\": \"" + way + "\"}"));
            run.result();
            assertEquals(way.equals("stack"), Files.exists(run.folder().resolve("model/adapter_config.json")));
            assertFalse(Files.exists(run.folder().resolve("anchors")), "they belong to a base that no file has");
            double now = PerplexityOf.the(ballast.bridge(), run.folder().resolve("model"),
                    folder.resolve("domain.jsonl"));
            assertEquals(perplexity(run.result(), "third", "third-text"), now, 1e-4 * now, way);
        }
    }

    @Test
    void oneDomainWithANameHasItsStageAndNoMatrix() throws IOException {
        Result result = start(new TinyExperiment(folder, "gpt2").with("domain.name", "\"drugs\"")).result();
        assertTrue(result.matrices().isEmpty());
        assertEquals(List.of("base", "anchored", "drugs"), result.scores().stream().map(Score::stage).distinct().toList());
        assertEquals("drugs", result.phases().get(1).name());
        assertNull(result.message());
    }

    private static double perplexity(Result result, String stage, String task) {
        return result.scores().stream().filter(score -> score.stage().equals(stage) && score.task().equals(task))
                .findFirst().orElseThrow().value();
    }
}
