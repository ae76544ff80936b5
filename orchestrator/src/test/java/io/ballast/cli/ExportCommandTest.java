package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.TinyModels;
import io.ballast.data.Sha256;
import io.ballast.tensor.Safetensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs and models in other forms. */
@Tag("one-jdk")
class ExportCommandTest {
    private static final String LORA = "adapter={\"rank\": 4, \"targets\": [\"all-linear\"]}";

    @TempDir
    Path folder;

    private Path run(String... settings) throws IOException {
        Path experiment = TinyExperiment.write(folder);
        String[] arguments = Stream.concat(Stream.of("run", experiment.toString()),
                Stream.of(settings).flatMap(setting -> Stream.of("--set", setting))).toArray(String[]::new);
        Typed typed = Typed.run(arguments);
        assertEquals(0, typed.code(), typed.err());
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            return runs.findFirst().orElseThrow();
        }
    }

    private Typed export(Path from, String format, Path out, String... further) {
        return Typed.run(Stream.concat(Stream.of("export", from.toString(), "--format", format, "--out", out.toString(),
                "--json"), Stream.of(further)).toArray(String[]::new));
    }

    private static JsonObject document(Typed typed) {
        assertEquals(0, typed.code(), typed.err());
        return JsonParser.parseString(typed.out()).getAsJsonObject();
    }

    private Path copyOfModel() throws IOException {
        return TinyModels.copy("llama-tied", folder.resolve("model-of-mine"));
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names = files.map(file -> file.getFileName().toString()).toList();
            assertFalse(names.contains("out") || names.contains(".out.partial"), names.toString());
        }
    }

    @Test
    void aRunsAdapterIsExportedAsItIsAndMergedAndBothScoreAsTheRunsModel() throws IOException {
        Path run = run(LORA, "domain.learningRate=0.01");
        JsonObject adapter = document(export(run, "adapter", folder.resolve("adapter")));
        assertEquals(0, adapter.getAsJsonObject("comparison").get("maxDifference").getAsDouble());
        assertEquals(-1, Files.mismatch(run.resolve("model/adapter_model.safetensors"),
                folder.resolve("adapter/adapter_model.safetensors")));
        JsonObject merged = document(export(run, "merged", folder.resolve("merged"), "--max-shard-size", "40KB"));
        assertTrue(merged.getAsJsonObject("comparison").get("maxDifference").getAsDouble() < 1e-4, merged.toString());
        assertEquals(3, merged.get("weightFiles").getAsInt());
        assertEquals(scores(run.resolve("model")), scores(folder.resolve("merged")));
        assertCardOf(run, merged);
    }

    private static void assertCardOf(Path run, JsonObject document) throws IOException {
        Path out = Path.of(document.get("folder").getAsString());
        String card = Files.readString(out.resolve("README.md"));
        String ofRun = Files.readString(run.resolve("README.md"));
        assertTrue(card.startsWith("---\nbase_model: llama-tied\n"), card);
        for (String part : new String[] {"base_model_relation: finetune", "library_name: transformers", "- merged",
            "- hierarchical", "## Export", "model-00001-of-00003.safetensors", "from_pretrained(\"FOLDER\""}) {
            assertTrue(card.contains(part), part + " in " + card);
        }
        String settings = ofRun.substring(ofRun.indexOf("## Method and settings"), ofRun.indexOf("## Provenance"));
        assertTrue(card.contains(settings), "the run's card is kept");
        for (JsonElement file : document.getAsJsonArray("files")) {
            JsonObject each = file.getAsJsonObject();
            Path path = out.resolve(each.get("name").getAsString());
            assertEquals(new Sha256().file(path).hex(), each.get("sha256").getAsString());
            assertEquals(Files.size(path), each.get("bytes").getAsLong());
        }
    }

    private JsonElement scores(Path model) {
        return document(Typed.run("eval", model.toString(), "--tasks", "piqa", "--data-dir", folder.toString(),
                "--device", "cpu", "--json")).get("scores");
    }

    @Test
    void aModelInAFoldersFormKeepsItsCardAndItsLicence() throws IOException {
        Path model = copyOfModel();
        Files.writeString(model.resolve("README.md"),
                "---\nlicense: apache-2.0\ntags: [mine]\n---\n\n# Mine\n\n## Use\n\nold\n\n## More\n\nkept\n");
        JsonObject document = document(export(model, "merged", folder.resolve("out"), "--dtype", "bfloat16"));
        assertEquals("bfloat16", document.get("dtype").getAsString());
        assertTrue(document.getAsJsonObject("comparison").get("relative").getAsDouble() > 0);
        String card = Files.readString(folder.resolve("out/README.md"));
        for (String part : new String[] {"license: apache-2.0", "- mine\n- ballast\n- merged", "# Mine",
            "## More\n\nkept"}) {
            assertTrue(card.contains(part), part + " in " + card);
        }
        assertFalse(card.contains("old") || card.contains("base_model_relation"), card);
        assertTrue(Files.readString(folder.resolve("out/export.json")).contains("\"baseModelHash\""));
    }

    @Test
    void aModelThatADtypeIsTooCoarseForIsNotKept() throws IOException {
        Path model = copyOfModel();
        scale(model.resolve("model.safetensors"), "model.layers.0.self_attn.q_proj.weight", 1000);
        Typed typed = export(model, "merged", folder.resolve("out"), "--dtype", "bfloat16");
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains("does not bear --dtype bfloat16; use float32"), typed.err());
        assertNothingIsLeft();
    }

    private static void scale(Path file, String name, float factor) throws IOException {
        Safetensors.TensorInfo tensor = Safetensors.read(file).tensors().get(name);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = (int) tensor.offset(); at < tensor.offset() + tensor.bytes(); at += Float.BYTES) {
            bytes.putFloat(at, bytes.getFloat(at) * factor);
        }
        Files.write(file, bytes.array());
    }

    @Test
    void aGgufFileIsEvaluatedTrainedAndExported() throws Exception {
        Path file = folder.resolve("tiny.gguf");
        String home = System.getProperty("ballast.home");
        Process python = new ProcessBuilder(home + "/.venv/bin/python", home + "/python-ext/tests/tiny_gguf.py",
                TinyModels.folder("llama-tied").toString(), file.toString(), "Q8_0").redirectErrorStream(true).start();
        String output = new String(python.getInputStream().readAllBytes());
        assertEquals(0, python.waitFor(), output);
        Typed validated = Typed.run("validate", TinyExperiment.write(folder).toString(), "--set", "model.path=" + file);
        assertTrue(validated.code() == 0 && validated.out().contains("in GGUF"), validated.err());
        Path run = run("model.path=" + file);
        Typed again = Typed.run("validate", TinyExperiment.write(folder).toString(), "--set", "model.path=" + file);
        assertTrue(again.code() == 0 && again.out().contains("memory on cpu"), again.out() + again.err());
        assertEquals(2, scores(file).getAsJsonArray().size());
        assertTrue(Files.readString(run.resolve("experiment.json")).contains("tiny.gguf"), "as its user named it");
        JsonObject merged = document(export(run, "merged", folder.resolve("out"), "--dtype", "float16"));
        assertTrue(merged.get("baseModel").getAsString().endsWith("tiny.gguf"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--out {}/o                                            | needs --format",
        "--format merged                                       | needs --out",
        "--format mergd --out {}/o                             | Did you mean 'merged'?",
        "--format gguf --out {}/o                              | docs/models.md says how",
        "--format merged --out {}/o --dtype bfloat61           | Did you mean 'bfloat16'?",
        "--format merged --out {}/o --dtype int3               | There is: float32, bfloat16, float16",
        "--format adapter --out {}/o                           | a whole model without one",
        "--format adapter --out {}/o --dtype float16           | is written as it is; found float16",
        "--format onnx --out {}/o --max-shard-size 2GB         | with --format merged alone",
        "--format merged --out {}/o --max-shard-size 2 bananas | a size such as 2GB",
        "--format merged --out {}                              | new or empty folder",
        "--format merged --out {}/file                         | a file at",
    })
    void whatIsWrongEndsWithTwoBeforePythonStarts(String options, String expected) throws IOException {
        Files.writeString(folder.resolve("file"), "in the way");
        String[] words = options.replace("{}", folder.toString()).replace("2 bananas", "2bananas").split(" +");
        Typed typed = Typed.run(Stream.concat(Stream.of("export", TinyModels.folder("gpt2").toString()),
                Stream.of(words)).toArray(String[]::new));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(expected), typed.err());
    }

    @Test
    void anAdapterOnABaseIn4BitsCannotBeMergedAndSaysSo() throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{\"base_model_name_or_path\": \"base\"}");
        Files.writeString(folder.resolve("quantization.json"), "{\"base\": \"nf4\"}");
        for (String format : List.of("merged", "onnx")) {
            Typed typed = export(folder, format, folder.resolve("out"));
            assertEquals(2, typed.code(), typed.err());
            assertTrue(typed.err().contains("a base in few bits"), typed.err());
            assertTrue(typed.err().contains("Use --format adapter"), typed.err());
        }
    }

    @Test
    void aDiskWithoutRoomForTheWeightsEndsWithThreeBeforePythonStarts() throws IOException {
        Path model = copyOfModel();
        long numbers = Files.getFileStore(model).getUsableSpace() / Float.BYTES + 1_000_000;
        sparse(model.resolve("model.safetensors"), numbers);
        Typed typed = export(model, "merged", folder.resolve("out"));
        assertEquals(3, typed.code(), typed.err());
        assertTrue(typed.err().contains("Expected " + numbers * Float.BYTES + " bytes free for the weights in "
                + folder.resolve("out")), typed.err());
        assertNothingIsLeft();
    }

    /** One tensor in 16 bits whose numbers take no room, for they were never written. */
    private static void sparse(Path file, long numbers) throws IOException {
        String header = "{\"big\": {\"dtype\": \"BF16\", \"shape\": [%d], \"data_offsets\": [0, %d]}}"
                .formatted(numbers, 2 * numbers);
        try (RandomAccessFile whole = new RandomAccessFile(file.toFile(), "rw")) {
            whole.setLength(0);
            whole.writeLong(Long.reverseBytes(header.length()));
            whole.writeBytes(header);
            whole.setLength(Long.BYTES + header.length() + 2 * numbers);
        }
    }

    @Test
    void whatIsNoModelIsRefusedAndAFailureInPythonLeavesNothing() throws IOException {
        Typed nothing = export(folder.resolve("absent"), "merged", folder.resolve("out"));
        assertEquals(2, nothing.code());
        assertTrue(nothing.err().contains("found no folder at"), nothing.err());
        Typed refused = export(TinyModels.folder("gpt2"), "onnx", folder.resolve("out"), "--dtype", "bfloat16");
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("expected float32 or float16 for --format onnx"), refused.err());
        assertNothingIsLeft();
    }
}
