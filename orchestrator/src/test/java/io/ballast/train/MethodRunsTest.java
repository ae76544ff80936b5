package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.MissingEnvironmentException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.eval.Score;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Whole runs on tiny models with every method, kind of adapter and way of measuring. */
@Tag("one-jdk")
class MethodRunsTest extends TinyRuns {
    @ParameterizedTest
    @ValueSource(strings = {"l2|{\"freeUnseen\": true}", "ewc|{\"halved\": true}", "mas|{}", "rwalk|{}", "kl|{}", "asft|{}"})
    void everyMethodGoesThroughTheWholePath(String methodAndOptions) throws IOException {
        String[] parts = methodAndOptions.split("\\|");
        Run run = start(new TinyExperiment(folder, "llama-tied")
                .with("retention", "{\"method\": \"" + parts[0] + "\", \"options\": " + parts[1] + "}"));
        assertEquals("completed", run.result().status());
        assertTrue(run.result().phases().get(1).lastLoss() > 0);
    }

    @Test
    void independentBatchesMeasureAnotherPathIntegralAlongTheSamePath() throws IOException {
        TinyExperiment measured = new TinyExperiment(folder, "gpt2").without("domain").with("evaluation.domain", "[]");
        Run same = start(measured);
        same.result();
        Run apart = start(measured.with("importance", "{\"gradient\": \"independent\"}"));
        assertNotEquals(same.result().importance().sumOmega(), apart.result().importance().sumOmega());
        assertTrue(apart.result().phases().get(0).tokens() > 1.5 * same.result().phases().get(0).tokens(),
                "a second batch in each step");
        assertTrue(apart.result().importance().secondsAdded() > 0.3 * apart.result().phases().get(0).seconds(),
                "about half of the phase is spent on them");
        Run refused = start(new TinyExperiment(folder, "gpt2").with("retention", "{\"method\": \"rwalk\"}")
                .with("importance", "{\"gradient\": \"independent\"}"));
        InvalidInputException e = assertThrows(InvalidInputException.class, refused::result);
        assertTrue(e.getMessage().contains("importance.gradient"), e.getMessage());
    }

    /** The first run trains the general phase and keeps its anchor; the others start from it, whatever their method. */
    @Test
    void aCachedGeneralPhaseIsRunOnceAndChangesNothing() throws IOException {
        for (String adapter : List.of("null", "{\"rank\": 4}")) {
            String cache = "{\"cache\": \"" + folder.resolve("anchors") + "\"}";
            Run without = start(new TinyExperiment(folder, "gpt2").with("adapter", adapter));
            without.result();
            Run first = start(new TinyExperiment(folder, "gpt2").with("adapter", adapter).with("importance", cache)
                    .with("retention.method", "\"none\""));
            first.result();
            Run second = start(new TinyExperiment(folder, "gpt2").with("adapter", adapter).with("importance", cache));
            assertEquals("completed", second.result().status());
            assertEquals(trained(without), trained(second), "adapter " + adapter);
            assertEquals(2, second.result().phases().size(), "the phase that was spared is told too");
            assertEquals(first.result().phases().get(0), second.result().phases().get(0));
            assertEquals(without.result().importance().layers(), second.result().importance().layers());
            assertTrue(Files.readString(second.folder().resolve("events.jsonl")).contains("\"cached\""));
            assertFalse(Files.readString(first.folder().resolve("events.jsonl")).contains("\"cached\""));
            assertTrue(Files.exists(second.folder().resolve("anchor/anchor.safetensors")));
        }
        Run other = start(new TinyExperiment(folder, "gpt2").with("seed", "4")
                .with("importance", "{\"cache\": \"" + folder.resolve("anchors") + "\"}"));
        other.result();
        assertFalse(Files.readString(other.folder().resolve("events.jsonl")).contains("\"cached\""),
                "another seed is another general phase");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-tied", "gpt2"})
    void textThatTheModelWroteServesAsGeneralText(String architecture) throws IOException {
        String generate = "{\"generate\": {\"documents\": 20, \"tokens\": 12, \"batchSize\": 8}}";
        TinyExperiment tiny = new TinyExperiment(folder, architecture).with("general.data", generate)
                .with("evaluation.general", "[" + generate + "]").with("domain.replay", "0.1");
        Run run = start(tiny);
        Result result = run.result();
        assertEquals("path_integral", result.importance().method());
        assertEquals("own-text", result.forgetting().get(0).task());
        assertTrue(result.forgetting().get(0).before() > 1, "a perplexity");
        assertTrue(Files.readString(run.folder().resolve("experiment.json")).contains("\"documents\": 20"));
        Run again = start(tiny);
        assertEquals("completed", again.result().status());
        assertEquals(weights(run), weights(again), "the same seed writes the same text");
    }

    @Test
    void replayedRowsChangeWhatIsLearnedAndStandInTheProvenance() throws IOException {
        Run without = start(new TinyExperiment(folder, "gpt2").with("retention.method", "\"none\""));
        Run with = start(new TinyExperiment(folder, "gpt2").with("retention.method", "\"none\"")
                .with("domain.replay", "0.5"));
        assertNotEquals(without.result().environment().get("domainDataHash"),
                with.result().environment().get("domainDataHash"));
        assertNotEquals(weights(without), weights(with));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"kind\": \"rslora\", \"targets\": [\"mlp-only\"]}", "{\"kind\": \"dora\"}",
        "{\"kind\": \"corda\", \"rank\": 4, \"samples\": 20, \"targets\": [\"all-linear\"]}",
        "{\"kind\": \"osf\", \"preserved\": 0.75}"})
    void everyKindOfAdapterGoesThroughTheWholePathAndScoresTheSameWhenItIsOpenedAgain(String adapter)
            throws IOException {
        Run run = start(new TinyExperiment(folder, "qwen2").with("adapter", adapter)
                .with("domain.learningRate", "0.02"));
        Result result = run.result();
        assertTrue(result.importance().bytes() < result.importance().modelBytes());
        assertTrue(result.importance().sumOmega() != 0);
        assertEquals(4, result.phases().get(1).steps());
        Map<?, ?> described = (Map<?, ?>) ((Map<?, ?>) result.environment().get("model")).get("adapter");
        assertTrue(adapter.contains("\"" + described.get("kind") + "\""), described.toString());

        Path saved = run.folder().resolve("model");
        assertTrue(Files.exists(saved.resolve("adapter_model.safetensors")));
        double[] doses = score(result, "doses");
        assertTrue(Math.abs(doses[0] - doses[2]) > 1, "trained: " + Arrays.toString(doses));
        assertEquals(doses[2], PerplexityOf.the(ballast.bridge(), saved, folder.resolve("domain.jsonl")),
                1e-3 * doses[2]);
    }

    @Test
    void aNewAdapterIsTrainedBesideThatOfTheGeneralPhase() throws IOException {
        Run run = start(new TinyExperiment(folder, "gpt2").with("adapter", "{\"rank\": 4}")
                .with("retention.method", "\"olora\"").with("domain.learningRate", "0.02"));
        double[] doses = score(run.result(), "doses");
        assertEquals(3, doses.length);
        assertTrue(Files.readString(run.folder().resolve("model/adapter_config.json")).contains("\"r\": 8"),
                "both adapters in one");
        assertEquals(doses[2], PerplexityOf.the(ballast.bridge(), run.folder().resolve("model"),
                folder.resolve("domain.jsonl")), 1e-3 * doses[2]);
    }

    @Test
    void aBaseInEightBitsNeedsBitsandbytes() throws IOException {
        Run run = start(new TinyExperiment(folder, "qwen2").with("adapter", "{\"kind\": \"qlora\", \"bits\": 8}"));
        MissingEnvironmentException refused = assertThrows(MissingEnvironmentException.class, run::result);
        assertEquals(3, refused.exitCode());
        assertTrue(refused.getMessage().contains("needs the package bitsandbytes"), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "wise-ft | 0.5 |                                            | base",
        "lines   | 0   |                                            | base",
        "shrink  | 3   |                                            | anchored",
        "wise-ft | 0.5 | {\"rank\": 4}                              | base",
        "lines   | 0   | {\"kind\": \"dora\"}                       | base",
        "wise-ft | 0   | {\"kind\": \"corda\", \"rank\": 4}         | base",
        "shrink  | 3   | {\"kind\": \"osf\"}                        | anchored"})
    void theTrainedModelGoesPartOfItsWayBack(String method, double strength, String adapter, String towards)
            throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, "llama-untied").with("domain.learningRate", "0.02")
                .with("retention.method", "\"none\"").with("retention.layerCoefficients", "\"uniform\"")
                .with("afterTraining", "{\"method\": \"" + method + "\", \"strength\": " + strength + "}");
        Run run = start(adapter == null ? tiny : tiny.with("adapter", adapter));
        Result result = run.result();
        assertEquals(List.of("base", "anchored", "domain", "softened"),
                result.scores().stream().map(Score::stage).distinct().toList());
        double[] doses = score(result, "doses");
        double end = doses[towards.equals("base") ? 0 : 1];
        assertTrue(doses[3] != doses[2], "moved");
        assertTrue(Math.abs(doses[3] - end) < Math.abs(doses[2] - end), method + ": " + Arrays.toString(doses));
        assertEquals(doses[3], PerplexityOf.the(ballast.bridge(), run.folder().resolve("model"),
                folder.resolve("domain.jsonl")), 1e-3 * doses[3], "what is saved is what was scored last");
        double tales = score(result, "tales")[3];
        assertEquals(tales, result.forgetting().get(0).after(), "forgetting looks at the last stage");
        assertTrue(Files.readString(run.folder().resolve("report.html")).contains("softened"));
        assertTrue(Files.readString(run.folder().resolve("README.md")).contains("afterTraining · method"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void itIsMeasuredOnExactlySoManyDocumentsWhateverTheRowsHold(boolean packing) throws IOException {
        Run run = start(new TinyExperiment(folder, "gpt2").with("retention", "{\"method\": \"ewc\", \"reference\": \"start\"}")
                .with("importance", "{\"samples\": 5}").with("general.packing", String.valueOf(packing))
                .without("domain").with("evaluation.domain", "[]"));
        assertEquals(5, run.result().importance().samples());
    }

    @ParameterizedTest
    @ValueSource(strings = {"end", "start"})
    void fisherInformationIsMeasuredOnTheGeneralText(String reference) throws IOException {
        Run run = start(new TinyExperiment(folder, "gpt2").with("retention.method", "\"ewc\"")
                .with("importance", "{\"labels\": \"sampled\"}").with("retention.reference", "\"" + reference + "\""));
        Result.Importance importance = run.result().importance();
        assertEquals("fisher", importance.method());
        assertEquals(4 * 4, importance.samples(), "all documents of the general phase");
        assertEquals(null, importance.sumOmega());
        assertEquals(reference.equals("end"), run.result().phases().size() == 2, "from the base nothing is trained");
        assertEquals(run.result().toJson(), Result.read(run.folder()).toJson());

        Path anchor = run.folder().resolve("anchor");
        Result again = start(new TinyExperiment(folder, "gpt2").without("general")
                .with("retention.method", "\"ewc\"").with("retention.anchor", "\"" + anchor + "\"")).result();
        assertEquals("fisher", again.importance().method());
        Run other = start(new TinyExperiment(folder, "gpt2").without("general")
                .with("retention.anchor", "\"" + anchor + "\""));
        assertThrows(InvalidInputException.class, other::result, "hierarchical wants a path integral");
    }

    @ParameterizedTest
    @ValueSource(strings = {"end", "start"})
    void importanceOfWhatAnAdapterDoesHoldsIt(String reference) throws IOException {
        Run run = start(effective("gpt2").with("retention.reference", "\"" + reference + "\""));
        Result.Importance importance = run.result().importance();
        assertEquals("path_integral", importance.method());
        assertEquals(List.of("block.0", "block.1"), importance.layers().stream().map(Result.Layer::name).toList());
        assertEquals(2 * 32 * 96, importance.layers().stream().mapToLong(Result.Layer::parameters).sum(),
                "the whole of each c_attn, not its factors");
        assertTrue(importance.sumOmega() > 0);
        String written = Files.readString(run.folder().resolve("experiment.json"));
        assertTrue(written.contains("\"form\": \"gradient\""), written);
        Path anchor = run.folder().resolve("anchor");
        assertTrue(Files.readString(anchor.resolve("anchor.json")).contains("\"space\": \"effective\""));

        Run continued = start(effective("gpt2").without("general").with("retention.anchor", "\"" + anchor + "\""));
        assertEquals("completed", continued.result().status());
        assertEquals(-1, Files.mismatch(adapter(run), adapter(continued)), "as if its general phase had just ended");
        Run other = start(effective("gpt2").without("general").with("retention.anchor", "\"" + anchor + "\"")
                .with("retention.space", "\"factors\""));
        InvalidInputException refused = assertThrows(InvalidInputException.class, other::result);
        assertTrue(refused.getMessage().contains("retention.space"), refused.getMessage());
    }

    @Test
    void anchorOfFullFineTuningServesAnAdapterInTheEffectiveSpace() throws IOException {
        Run full = start(new TinyExperiment(folder, "llama-tied"));
        full.result();
        Run run = start(effective("llama-tied").without("general")
                .with("retention.anchor", "\"" + full.folder().resolve("anchor") + "\""));
        assertEquals("completed", run.result().status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"released", "restricted", "batched", "online"})
    void fisherInformationOfWhatAnAdapterDoesIsMeasuredInEveryVariant(String variant) throws IOException {
        Run run = start(effective("llama-tied").without("retention").with("retention", "{\"method\": \"ewc-lora\","
                + " \"reference\": \"start\", \"options\": {\"variant\": \"" + variant + "\", \"int8\": true}}"));
        Result.Importance importance = run.result().importance();
        assertEquals("fisher_effective_" + variant, importance.method());
        assertEquals(4 * 4, importance.samples());
        assertEquals(variant.equals("released"), importance.bytes() > importance.modelBytes() / 2,
                "the released one is of the whole model");
    }

    @ParameterizedTest
    @ValueSource(strings = {"float32", "bfloat16", "int8", "sparse", "factored"})
    void domainPhaseIsHeldByWhatTheAnchorStoresToTheBit(String storage) throws IOException {
        Run whole = start(new TinyExperiment(folder, "llama-tied")
                .with("importance", "{\"storage\": \"" + storage + "\", \"share\": 0.05}"));
        Result.Importance importance = whole.result().importance();
        assertEquals(storage, importance.storage());
        assertEquals(storage.equals("float32"), importance.storageError() == 0);
        assertEquals(storage.equals("float32"), importance.importanceBytes() == importance.modelBytes());
        assertEquals(importance.importanceBytes() + importance.modelBytes(), importance.bytes(), 400,
                "Ω, θ* and the tokens seen");
        Run continued = start(new TinyExperiment(folder, "llama-tied").without("general")
                .with("retention.anchor", "\"" + whole.folder().resolve("anchor") + "\""));
        assertEquals(importance.storageError(), continued.result().importance().storageError());
        assertEquals(weights(whole), weights(continued));
    }

    /** Hash of what a run saved: the model, or its adapter. */
    private static String trained(Run run) throws IOException {
        Path adapter = run.folder().resolve("model/adapter_model.safetensors");
        return Files.exists(adapter) ? Arrays.toString(Files.readAllBytes(adapter)) : weights(run);
    }

    private static double[] score(Result result, String task) {
        return result.scores().stream().filter(score -> score.task().equals(task))
                .mapToDouble(Score::value).toArray();
    }

    private TinyExperiment effective(String model) throws IOException {
        return new TinyExperiment(folder, model).with("adapter", "{\"rank\": 2}")
                .with("retention.space", "\"effective\"");
    }

    private static Path adapter(Run run) {
        return run.folder().resolve("model/adapter_model.safetensors");
    }
}
