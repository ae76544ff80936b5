package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunEvent;
import io.ballast.StoppedException;
import io.ballast.TinyModels;
import io.ballast.TrainingFailedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Whole runs on tiny models: real Python, real PyTorch, real files. */
@Tag("one-jdk")
class ExperimentRunTest extends TinyRuns {
    static final List<String> ARCHITECTURES = TinyModels.NAMES;

    @ParameterizedTest
    @FieldSource("ARCHITECTURES")
    void everyArchitectureGoesThroughTheWholePath(String architecture) throws IOException {
        Run run = start(new TinyExperiment(folder, architecture));
        Result result = run.result();
        assertEquals("completed", result.status());
        assertEquals(3 * 4, result.scores().size(), "3 stages × (2 perplexities, acc, acc_norm)");
        assertTrue(result.scores().stream().allMatch(score -> Double.isFinite(score.value())));
        assertEquals(3, result.forgetting().size(), "each general score");
        assertEquals(List.of("general", "domain"), result.phases().stream().map(Result.Phase::name).toList());
        int layers = architecture.equals("llama-tied") || architecture.equals("gpt2") ? 3 : 4;
        assertEquals(layers, result.importance().layers().size(),
                "embedding, 2 blocks, and an untied head: " + result.importance().layers());
        for (String file : List.of("experiment.json", "result.json", "report.html", "events.jsonl", "README.md",
                "anchor/anchor.json", "anchor/anchor.safetensors", "model/config.json", "model/tokenizer.json",
                "tensorboard", "evaluation/base", "evaluation/anchored", "evaluation/domain",
                "evaluation/flips/quiz.jsonl")) {
            assertTrue(Files.exists(run.folder().resolve(file)), file);
        }
        assertEquals(result.toJson(), Result.read(run.folder()).toJson());
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-untied", "gptj", "gpt2", "qwen2"})
    void loraTrainsAndSavesAnAdapter(String architecture) throws IOException {
        Run run = start(new TinyExperiment(folder, architecture).with("adapter", "{\"rank\": 4}"));
        Result result = run.result();
        assertTrue(Files.exists(run.folder().resolve("model/adapter_model.safetensors")));
        assertTrue(result.importance().bytes() < result.importance().modelBytes());
        assertTrue(result.importance().sumOmega() != 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.dtype=\"bfloat16\"", "model.gradientCheckpointing=true",
        "domain.gradientAccumulation=3", "domain.packing=true", "domain.schedule=\"cosine\"",
        "retention.form=\"gradient\"", "retention.method=\"l2\"", "retention.method=\"none\"",
        "retention.method=\"ewc\"", "retention.method=\"mas\"",
        "retention.layerCoefficients=\"paper\"", "retention.layers=\"parameter\"", "retention.reference=\"start\"",
        "retention.xi=1e-7", "retention.normalize=\"none\"", "domain.steps=null", "domain.weightDecay=0.1"})
    void everySettingRuns(String setting) throws IOException {
        String[] parts = setting.split("=", 2);
        Result result = start(new TinyExperiment(folder, "llama-tied").with(parts[0], parts[1])).result();
        assertEquals("completed", result.status());
    }

    @Test
    void sameSeedGivesTheSameModelAndScoresToTheBit() throws IOException {
        Run first = start(new TinyExperiment(folder, "gpt2"));
        Run second = start(new TinyExperiment(folder, "gpt2"));
        Run other = start(new TinyExperiment(folder, "gpt2").with("seed", "4"));
        assertEquals(first.result().scores(), second.result().scores());
        assertEquals(weights(first), weights(second));
        assertEquals("completed", other.result().status());
        assertNotEquals(weights(first), weights(other));
    }

    @Test
    void anchorServesAsIfItsGeneralPhaseHadJustEnded() throws IOException {
        Run whole = start(new TinyExperiment(folder, "llama-tied"));
        whole.result();
        Run continued = start(new TinyExperiment(folder, "llama-tied").without("general")
                .with("retention.anchor", "\"" + whole.folder().resolve("anchor") + "\""));
        assertEquals("completed", continued.result().status());
        assertEquals(weights(whole), weights(continued));
    }

    @Test
    void anchorOfAnotherModelIsRefused() throws IOException {
        Run whole = start(new TinyExperiment(folder, "llama-tied"));
        whole.result();
        Run other = start(new TinyExperiment(folder, "gpt2").without("general")
                .with("retention.anchor", "\"" + whole.folder().resolve("anchor") + "\""));
        assertThrows(InvalidInputException.class, other::result);
        assertEquals("failed", Result.read(other.folder()).status());
    }

    @Test
    void anchorOfAnotherTokenizerIsRefused() throws IOException {
        Run first = start(new TinyExperiment(folder, "llama-tied"));
        first.result();
        Path anchor = first.folder().resolve("anchor/anchor.json");
        String changed = Files.readString(anchor).replaceFirst("\"tokenizer\": \"[0-9a-f]+", "\"tokenizer\": \"beef");
        assertTrue(changed.contains("beef"), changed);
        Files.writeString(anchor, changed);
        Run other = start(new TinyExperiment(folder, "llama-tied").without("general")
                .with("retention.anchor", "\"" + anchor.getParent() + "\""));
        InvalidInputException e = assertThrows(InvalidInputException.class, other::result);
        assertTrue(e.getMessage().contains("made with another (beef)"), e.getMessage());
    }

    @Test
    void retentionKeepsTheModelNearerToItsAnchor() throws IOException {
        double free = drift(new TinyExperiment(folder, "llama-tied").with("retention.lambda", "0"));
        double held = drift(new TinyExperiment(folder, "llama-tied").with("retention.lambda", "1e6"));
        assertTrue(held < free / 2, held + " against " + free);
    }

    /** How far the general perplexity moves between the anchor and the end. */
    private static double drift(TinyExperiment tiny) {
        Result result = start(tiny.with("domain.learningRate", "0.02")).result();
        double[] perplexities = result.scores().stream().filter(score -> score.task().equals("tales"))
                .mapToDouble(score -> score.value()).toArray();
        return Math.abs(perplexities[2] - perplexities[1]);
    }

    @Test
    void experimentWithoutDomainEndsWithTheAnchor() throws IOException {
        Run run = start(new TinyExperiment(folder, "llama-tied").without("domain")
                .with("evaluation.domain", "[]"));
        assertEquals("completed", run.result().status());
        assertTrue(Files.exists(run.folder().resolve("anchor/anchor.json")));
    }

    @Test
    void lossThatIsNotFiniteNamesTheStepAndKeepsTheLastFiniteModel() throws IOException {
        Run run = start(new TinyExperiment(folder, "llama-tied").with("domain.learningRate", "1e30")
                .with("retention.method", "\"none\"").with("domain.schedule", "\"constant\""));
        TrainingFailedException failed = assertThrows(TrainingFailedException.class, run::result);
        assertEquals(4, failed.exitCode());
        assertTrue(failed.getMessage().contains("step 2"), failed.getMessage());
        assertEquals("failed", Result.read(run.folder()).status());
        assertTrue(Files.exists(run.folder().resolve("model/model.safetensors")));
    }

    @Test
    void cancelFinishesTheStepAndKeepsWhatThereIs() throws IOException {
        AtomicReference<Run> running = new AtomicReference<>();
        List<RunEvent> steps = new ArrayList<>();
        TinyExperiment tiny = new TinyExperiment(folder, "llama-tied").with("domain.steps", "100000")
                .with("domain.loggingSteps", "1");
        running.set(ballast.start(tiny.experiment(), event -> {
            if (event.type().equals("step") && event.phase().equals("domain")) {
                steps.add(event);
                if (steps.size() == 3) {
                    running.get().cancel();
                }
            }
        }));
        StoppedException stopped = assertThrows(StoppedException.class, () -> running.get().result());
        assertTrue(stopped.getMessage().contains("step 3"), stopped.getMessage());
        Result result = Result.read(running.get().folder());
        assertEquals("stopped", result.status());
        assertEquals(3, result.phases().get(1).steps());
        assertTrue(Files.exists(running.get().folder().resolve("report.html")));
        assertTrue(Files.exists(running.get().folder().resolve("model/model.safetensors")));
        assertEquals("completed", start(new TinyExperiment(folder, "llama-tied")).result().status(),
                "a stopped run leaves the runtime usable");
    }

    @Test
    void chatRowsAreRenderedByTheModelsOwnTemplate() throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, "llama-tied");
        Files.writeString(folder.resolve("chat.jsonl"), """
                {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "I am well"}]}
                {"messages": [{"role": "user", "content": "time?"}, {"role": "assistant", "content": "once"}]}
                """);
        Result result = start(tiny.with("domain.data", "[{\"path\": \"chat.jsonl\", \"messages\": \"messages\"}]")
                .with("evaluation.domain", "[]")).result();
        assertEquals("completed", result.status());
    }

    @Test
    void tokenizerLargerThanTheVocabularyIsRefused() throws IOException {
        Path broken = Files.createDirectory(folder.resolve("broken"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer_config.json")) {
            Files.copy(TinyModels.folder("llama-tied").resolve(name), broken.resolve(name));
        }
        String tokenizer = Files.readString(TinyModels.folder("llama-tied").resolve("tokenizer.json"));
        Files.writeString(broken.resolve("tokenizer.json"), tokenizer.replace("\"added_tokens\": [",
                "\"added_tokens\": [{\"id\": 999, \"content\": \"<extra>\", \"single_word\": false, \"lstrip\": false,"
                + " \"rstrip\": false, \"normalized\": false, \"special\": true},"));
        Run run = start(new TinyExperiment(folder, "llama-tied").with("model.path", "\"" + broken + "\""));
        InvalidInputException refused = assertThrows(InvalidInputException.class, run::result);
        assertTrue(refused.getMessage().contains("999"), refused.getMessage());
    }

    @Test
    void adapterTargetsThatMatchNothingListWhatExists() throws IOException {
        Run run = start(new TinyExperiment(folder, "llama-tied").with("adapter", "{\"targets\": [\"query\"]}"));
        InvalidInputException refused = assertThrows(InvalidInputException.class, run::result);
        assertTrue(refused.getMessage().contains("q_proj"), refused.getMessage());
    }

    @Test
    void deviceThatIsNotThereIsRefused() throws IOException {
        Run run = start(new TinyExperiment(folder, "llama-tied").with("model.device", "\"cuda:63\""));
        InvalidInputException refused = assertThrows(InvalidInputException.class, run::result);
        assertTrue(refused.getMessage().contains("cuda:63"), refused.getMessage());
    }

    @Test
    void runImportsNoTrainerAndNoHarness() throws IOException {
        start(new TinyExperiment(folder, "llama-tied").with("adapter", "{\"rank\": 2}")).result();
        List<String> modules = ballast.bridge().importedModules();
        assertTrue(modules.contains("torch"));
        for (String forbidden : List.of("lm_eval", "datasets", "trl", "transformers.trainer")) {
            assertFalse(modules.contains(forbidden), forbidden);
        }
    }
}
