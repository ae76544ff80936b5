package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentCheckTest {
    @TempDir
    Path folder;
    private Path model;

    @BeforeEach
    void writeModelAndData() throws IOException {
        model = Files.createDirectory(folder.resolve("model"));
        Files.writeString(model.resolve("config.json"), "{}");
        Files.writeString(model.resolve("tokenizer.json"), "{}");
        writeWeights("model.safetensors");
        Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"a\"}\n");
    }

    private void writeWeights(String name) throws IOException {
        byte[] header = "{\"w\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}"
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(Long.BYTES + header.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(model.resolve(name), file.putLong(header.length).put(header).array());
    }

    private ExperimentConfig experiment(String found, String replacement) {
        return ExperimentReader.parse(Experiments.tree(Experiments.domainWith(found, replacement)), folder);
    }

    private String refused() {
        return refused("\"first\"", "\"first\"");
    }

    private String refused(String found, String replacement) {
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> ExperimentCheck.check(experiment(found, replacement)));
        assertEquals(2, e.exitCode());
        return e.getMessage();
    }

    private static void assertSays(String message, String... expected) {
        for (String text : expected) {
            assertTrue(message.contains(text), message);
        }
    }

    @Test
    void whatIsWholeIsAccepted() {
        assertDoesNotThrow(() -> ExperimentCheck.check(experiment("\"first\"", "\"first\"")));
    }

    @Test
    void nothingIsLeftBehind() {
        ExperimentCheck.check(experiment("\"model\":", "\"output\": \"deep/runs\", \"model\":"));
        assertFalse(Files.exists(folder.resolve("deep")));
    }

    @Test
    void addressesOfTheHubAreLeftToTheDownload() {
        assertDoesNotThrow(() -> ExperimentCheck.check(experiment("\"path\": \"model\"", "\"path\": \"hf://a/b\"")));
    }

    @Test
    void missingDataFileIsRefused() {
        assertSays(refused("a.jsonl", "b.jsonl"), "domain.data[0].path", "no file " + folder.resolve("b.jsonl"));
    }

    @Test
    void aFolderAsDataFileIsRefused() {
        assertSays(refused("a.jsonl", "model"), "domain.data[0].path", "the folder");
    }

    @Test
    void missingEvaluationFileIsRefused() {
        assertSays(refused("\"domain\": {", "\"evaluation\": {\"domain\": [{\"perplexity\": \"p.jsonl\"}]}, \"domain\": {"),
                "evaluation.domain[0].perplexity", "p.jsonl");
    }

    @Test
    void missingModelFolderIsRefused() {
        assertSays(refused("\"path\": \"model\"", "\"path\": \"mode\""), "model.path", "no folder", "hf://org/name");
    }

    @Test
    void modelWithoutConfigurationIsRefused() throws IOException {
        Files.delete(model.resolve("config.json"));
        assertSays(refused(), "config.json");
    }

    @Test
    void anAdapterIsNotAModel() throws IOException {
        Files.move(model.resolve("config.json"), model.resolve("adapter_config.json"));
        assertSays(refused(), "an adapter in");
    }

    @Test
    void modelWithoutWeightsIsRefused() throws IOException {
        Files.delete(model.resolve("model.safetensors"));
        assertSays(refused(), "model.safetensors", "no weights");
    }

    @Test
    void modelWithPickledWeightsOnlyIsRefused() throws IOException {
        Files.move(model.resolve("model.safetensors"), model.resolve("pytorch_model.bin"));
        assertSays(refused(), "model.safetensors", "pickled", "safe_serialization");
    }

    @Test
    void weightsThatBreakOffAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(model.resolve("model.safetensors"));
        Files.write(model.resolve("model.safetensors"), Arrays.copyOf(whole, whole.length - 2));
        assertSays(refused(), "model.safetensors");
    }

    @Test
    void missingShardIsRefused() throws IOException {
        Files.move(model.resolve("model.safetensors"), model.resolve("model-00001-of-00002.safetensors"));
        Files.writeString(model.resolve("model.safetensors.index.json"), """
                {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}""");
        assertSays(refused(), "no model-00002-of-00002.safetensors");
        writeWeights("model-00002-of-00002.safetensors");
        assertDoesNotThrow(() -> ExperimentCheck.check(experiment("\"first\"", "\"first\"")));
    }

    @Test
    void modelWithoutFastTokenizerIsRefused() throws IOException {
        Files.delete(model.resolve("tokenizer.json"));
        assertSays(refused(), "tokenizer.json");
    }

    @Test
    void outputBelowAFileIsRefused() {
        assertSays(refused("\"model\":", "\"output\": \"a.jsonl/runs\", \"model\":"), "output", "which is not a folder");
    }

    /** /proc takes no folders from anybody, not even from root. */
    @Test
    void outputThatCannotBeWrittenIsRefused() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")),
                "needs /proc, a folder that even root cannot write");
        assertSays(refused("\"model\":", "\"output\": \"/proc/runs\", \"model\":"), "output", "can be written");
    }

    @Test
    void anchorFolderWithoutAnchorIsRefused() {
        assertSays(refused("\"domain\": {", "\"retention\": {\"anchor\": \"model\"}, \"domain\": {"),
                "retention.anchor", "no anchor.json");
    }
}
