package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.TinyModels;
import io.ballast.tensor.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Finished runs, softened without training again. */
@Tag("one-jdk")
class SoftenCommandTest {
    private static final String LORA = "adapter={\"rank\": 4, \"targets\": [\"all-linear\"]}";

    @TempDir
    Path folder;
    private Path experiment;

    @BeforeEach
    void writeExperiment() throws IOException {
        experiment = TinyExperiment.write(folder);
    }

    /** The folder of a run with one setting changed. */
    private Path run(String... settings) throws IOException {
        String[] arguments = Stream.concat(Stream.of("run", experiment.toString()),
                Stream.of(settings).flatMap(setting -> Stream.of("--set", setting))).toArray(String[]::new);
        Typed typed = Typed.run(arguments);
        assertEquals(0, typed.code(), typed.err());
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            return runs.max((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString())).orElseThrow();
        }
    }

    private Typed soften(Path run, String method, String strength, Path out) {
        return Typed.run("soften", run.toString(), "--method", method, "--strength", strength, "--out",
                out.toString(), "--json");
    }

    private static float[] tensor(Path model, String file, String name) throws IOException {
        Safetensors.TensorInfo tensor = Safetensors.read(model.resolve(file)).tensors().get(name);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(model.resolve(file)), (int) tensor.offset(),
                (int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[(int) tensor.elements()];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    @Test
    void aWholeModelIsHalfWayToItsBaseAndScores() throws IOException {
        Path run = run("domain.learningRate=0.01");
        Path out = folder.resolve("softened");
        Typed typed = soften(run, "wise-ft", "0.5", out);
        assertEquals(0, typed.code(), typed.err());
        assertEquals("wise-ft", JsonParser.parseString(typed.out()).getAsJsonObject().get("method").getAsString());
        String name = "model.layers.1.mlp.up_proj.weight";
        float[] base = tensor(TinyModels.folder("llama-tied"), "model.safetensors", name);
        float[] trained = tensor(run.resolve("model"), "model.safetensors", name);
        float[] softened = tensor(out, "model.safetensors", name);
        double moved = 0;
        for (int i = 0; i < base.length; i++) {
            assertEquals((base[i] + trained[i]) / 2, softened[i], 1e-6);
            moved = Math.max(moved, Math.abs(trained[i] - base[i]));
        }
        assertTrue(moved > 1e-3, "the run moved it by " + moved);
        assertTrue(Files.readString(out.resolve("softened.json")).contains("\"strength\": 0.5"));
        evaluates(out);
    }

    private void evaluates(Path model) {
        Typed typed = Typed.run("eval", model.toString(), "--tasks", "piqa", "--data-dir", folder.toString(),
                "--device", "cpu", "--json");
        assertEquals(0, typed.code(), typed.err());
        assertEquals(2, JsonParser.parseString(typed.out()).getAsJsonObject().getAsJsonArray("scores").size());
    }

    @Test
    void anAdaptersUpdateIsScaledAndPeftsFilesStayThoseOfTheRun() throws IOException {
        Path run = run(LORA, "domain.learningRate=0.01");
        Path out = folder.resolve("softened");
        assertEquals(0, soften(run, "lines", "0.25", out).code());
        for (int block = 0; block < 2; block++) {
            String name = "base_model.model.model.layers." + block + ".mlp.up_proj.lora_B.weight";
            float[] trained = tensor(run.resolve("model"), "adapter_model.safetensors", name);
            float[] softened = tensor(out, "adapter_model.safetensors", name);
            for (int i = 0; i < trained.length; i++) {
                assertEquals((block == 0 ? 0.25 : 1) * trained[i], softened[i], 1e-7);
            }
        }
        assertEquals(adapterConfig(run.resolve("model")), adapterConfig(out));
        evaluates(out);
    }

    /** PEFT keeps the targets in a set, and writes them in whatever order that has. */
    private static JsonObject adapterConfig(Path folder) throws IOException {
        JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("adapter_config.json")))
                .getAsJsonObject();
        JsonArray sorted = new JsonArray();
        config.getAsJsonArray("target_modules").asList().stream().map(JsonElement::getAsString).sorted()
                .forEach(sorted::add);
        config.add("target_modules", sorted);
        return config;
    }

    @ParameterizedTest
    @ValueSource(strings = {"retention.reference=end", "retention.reference=start"})
    void shrinkOfAFinishedRunIsShrinkAtTheEndOfTheSameRun(String reference) throws IOException {
        for (String adapter : List.of("seed=7", LORA, "adapter={\"kind\": \"dora\"}")) {
            Path plain = run(adapter, reference, "domain.learningRate=0.01");
            Path out = folder.resolve("softened-" + adapter.hashCode() + reference);
            Typed typed = soften(plain, "shrink", "2", out);
            assertEquals(0, typed.code(), typed.err());
            Path within = run(adapter, reference, "domain.learningRate=0.01", "name=within",
                    "afterTraining={\"method\": \"shrink\", \"strength\": 2}");
            assertEquals(-1, Files.mismatch(weights(out), weights(within.resolve("model"))), adapter);
            assertFalse(Files.mismatch(weights(out), weights(plain.resolve("model"))) == -1, "it was softened");
            try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
                for (Path each : runs.toList()) {
                    Files.move(each, folder.resolve("done-" + each.getFileName() + out.getFileName()));
                }
            }
        }
    }

    /** {@code domain} of an experiment: the same text twice. */
    private String twoDomains() {
        return "domain=[%s, %s]".formatted(domain("first"), domain("second"));
    }

    private String domain(String name) {
        return """
                {"name": "%s", "data": [{"path": "%s", "prompt": "{q}", "completion": "{a}"}], "steps": 4, "batchSize": 2,
                 "learningRate": 0.01}""".formatted(name, folder.resolve("domain.jsonl"));
    }

    @Test
    void shrinkAfterSeveralDomainsGoesBackToWhatTheLastOneWasHeldByAsWithinTheRun() throws IOException {
        Path plain = run(twoDomains(), "evaluation=null");
        Path out = folder.resolve("softened");
        Typed typed = soften(plain, "shrink", "2", out);
        assertEquals(0, typed.code(), typed.err());
        Path within = run(twoDomains(), "evaluation=null", "name=within",
                "afterTraining={\"method\": \"shrink\", \"strength\": 2}");
        assertEquals(-1, Files.mismatch(weights(out), weights(within.resolve("model"))));
    }

    @Test
    void shrinkIsRefusedWhereTheAnchorBetweenTheDomainsIsNotKept() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run/model")).getParent();
        Files.writeString(run.resolve("experiment.json"), """
                {"name": "a", "model": {"path": "m"}, "domain": [%s, %s], "importance": {"carry": "separate"},
                 "general": {"data": [{"path": "d", "text": "t"}], "learningRate": 1},
                 "retention": {"method": "hierarchical", "layerCoefficients": "uniform"}}"""
                .formatted(domain("first"), domain("second")));
        Typed typed = soften(run, "shrink", "2", folder.resolve("o"));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains("importance.carry separate; found shrink"), typed.err());
    }

    private static Path weights(Path model) {
        Path adapter = model.resolve("adapter_model.safetensors");
        return Files.exists(adapter) ? adapter : model.resolve("model.safetensors");
    }

    @Test
    void aRunThatWasSoftenedAlreadyIsRefused() throws IOException {
        Path run = run("afterTraining={\"method\": \"wise-ft\", \"strength\": 0.5}");
        Typed typed = soften(run, "wise-ft", "0.5", folder.resolve("again"));
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("softened at its end"), typed.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--strength 0.5 --out {}/o                    | needs --method",
        "--method lines --out {}/o                    | needs --strength",
        "--method lines --strength 0.5                | needs --out",
        "--method linse --strength 0.5 --out {}/o     | Did you mean 'lines'?",
        "--method lines --strength 1.5 --out {}/o     | at most 1 for lines",
        "--method lines --strength much --out {}/o    | afterTraining.strength",
        "--method shrink --strength 1 --out {}/o      | retention.anchor",
        "--method lines --strength 0.5 --out {}       | new or empty folder",
    })
    void whatIsWrongEndsWithTwoBeforePythonStarts(String options, String expected) throws IOException {
        Path run = Files.createDirectories(folder.resolve("run/model")).getParent();
        Files.writeString(run.resolve("experiment.json"), """
                {"name": "a", "model": {"path": "m"}, "domain": {"data": [{"path": "d", "text": "t"}],
                 "learningRate": 1}}""");
        Typed typed = Typed.run(("soften " + run + " " + options.replace("{}", folder.toString())).split(" +"));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(expected), typed.err());
    }

    @Test
    void shrinkOfARunInTheEffectiveSpaceIsRefused() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run/model")).getParent();
        Files.writeString(run.resolve("experiment.json"), """
                {"name": "a", "model": {"path": "m"}, "adapter": {}, "domain": {"data": [{"path": "d", "text": "t"}],
                 "learningRate": 1}, "retention": {"method": "ewc-lora", "anchor": "a"}}""");
        Typed typed = soften(run, "shrink", "1", folder.resolve("o"));
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("wise-ft or lines with the space effective, found shrink"), typed.err());
    }

    @Test
    void whatIsNoRunFolderIsRefused() {
        Typed typed = soften(folder, "lines", "0.5", folder.resolve("o"));
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("run folder with experiment.json and model/"), typed.err());
    }
}
