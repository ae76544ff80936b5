package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.RetentionConfig.Xi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExperimentReaderTest {
    @TempDir
    Path folder;

    @Test
    void everyKeyOfAFileArrives() {
        ExperimentConfig whole = Experiments.parse(Experiments.WHOLE);
        assertEquals(11, whole.seed());
        assertEquals(ModelConfig.Dtype.BFLOAT16, whole.model().dtype());
        assertEquals(List.of("q_proj", "v_proj"), whole.adapter().targets());
        assertEquals(1.5, whole.general().epochs());
        assertNull(whole.general().steps());
        assertEquals(PhaseConfig.Schedule.COSINE, whole.domain().get(0).schedule());
        assertEquals(new Xi(1e-7, false), whole.retention().xi());
        assertEquals(RetentionConfig.LayerCoefficients.PAPER, whole.retention().layerCoefficients());
        assertEquals(List.of(Stage.BASE, Stage.DOMAIN), whole.evaluation().stages());
        assertEquals(Map.of("support", "context"), whole.evaluation().domain().get(0).columns());
    }

    @Test
    void whatAFileLeavesOutHasTheDefaultsOfTheDesign() {
        ExperimentConfig config = Experiments.parse(Experiments.domainWith("\"steps\": 80, ", ""));
        assertEquals(ModelConfig.Dtype.FLOAT32, config.model().dtype());
        assertEquals("auto", config.model().device());
        assertNull(config.adapter());
        assertNull(config.general());
        assertEquals(1.0, config.domain().get(0).epochs());
        assertNull(config.domain().get(0).maxLength());
        assertEquals(1.0, config.domain().get(0).clipNorm());
        assertEquals("none", config.retention().method());
        assertEquals(30, config.retention().lambda());
        assertEquals(RetentionConfig.Form.PROXIMAL, config.retention().form());
        assertEquals(RetentionConfig.LayerCoefficients.SCALED, config.retention().layerCoefficients());
        assertEquals(RetentionConfig.Normalize.MEAN, config.retention().normalize());
        assertEquals(RetentionConfig.Reference.END, config.retention().reference());
        assertEquals(new Xi(1, true), config.retention().xi());
        assertEquals(1.0, config.domain().get(0).data().get(0).weight());
    }

    @Test
    void anAdapterHasTheDefaultsOfItsKindAndNoOtherSettings() {
        AdapterConfig dora = adapter("{\"kind\": \"dora\"}");
        assertEquals(List.of(8, 16.0, 0.0), List.of(dora.rank(), dora.alpha(), dora.dropout()));
        assertNull(dora.preserved());
        assertNull(dora.samples());
        AdapterConfig osf = adapter("{\"kind\": \"osf\"}");
        assertEquals(0.5, osf.preserved());
        assertNull(osf.rank());
        assertNull(osf.alpha());
        assertNull(osf.dropout());
    }

    private static AdapterConfig adapter(String json) {
        return Experiments.parse(Experiments.domainWith("\"domain\"", "\"adapter\": " + json + ", \"domain\"")).adapter();
    }

    @Test
    void strengthIsTheFormsOwnByDefault() {
        ExperimentConfig config = Experiments.parse(Experiments.domainWith("\"domain\"",
                "\"retention\": {\"method\": \"l2\", \"form\": \"gradient\"}, \"domain\""));
        assertEquals(0.01, config.retention().lambda());
    }

    @Test
    void relativeXiIsRead() {
        ExperimentConfig config = Experiments.parse(Experiments.domainWith("\"domain\"",
                "\"retention\": {\"xi\": {\"relative\": 0.5}}, \"domain\""));
        assertEquals(new Xi(0.5, true), config.retention().xi());
    }

    @Test
    void pathsStartFromTheExperimentsFolderAndHubAddressesStay() {
        ExperimentConfig whole = Experiments.parse(Experiments.WHOLE);
        assertEquals("/experiments/first/model", whole.model().path());
        assertEquals("/experiments/first/runs", whole.output());
        assertEquals("/experiments/first/a.jsonl", whole.general().data().get(0).path());
        assertEquals("hf://datasets/org/name/b.jsonl", whole.general().data().get(1).path());
        assertEquals("/experiments/first/general/test.jsonl", whole.evaluation().general().get(0).perplexity());
        assertEquals("/experiments/first/t.jsonl", whole.evaluation().domain().get(0).data());
    }

    @Test
    void namesOfEvaluationsAreTheTasksOrTheFiles() {
        ExperimentConfig whole = Experiments.parse(Experiments.WHOLE);
        assertEquals("general/test", whole.evaluation().general().get(0).name());
        assertEquals("sciq", whole.evaluation().domain().get(0).name());
    }

    @Test
    void aTextAsEvaluationEntryIsATask() {
        ExperimentConfig config = Experiments.parse(Experiments.domainWith("\"domain\"",
                "\"evaluation\": {\"general\": [\"piqa\"]}, \"domain\""));
        assertEquals("piqa", config.evaluation().general().get(0).task());
    }

    @Test
    void stagesThatNeverComeAreLeftOut() {
        assertEquals(List.of(Stage.BASE, Stage.DOMAIN),
                Experiments.parse(Experiments.DOMAIN).evaluation().stages());
        assertEquals(List.of(Stage.BASE, Stage.DOMAIN, Stage.SOFTENED), Experiments.parse(Experiments.domainWith(
                "\"domain\"", "\"afterTraining\": {\"method\": \"lines\", \"strength\": 0.3}, \"domain\""))
                .evaluation().stages());
    }

    @Test
    void yamlReadsAsTheSameExperiment() throws IOException {
        Path json = Files.writeString(folder.resolve("a.json"), Experiments.DOMAIN);
        Path yaml = Files.writeString(folder.resolve("a.yaml"), """
                name: first          # a comment
                model: {path: model}
                domain:
                  data:
                    - path: a.jsonl
                      text: "{text}"
                  steps: 80
                  learningRate: 1e-4
                """);
        assertEquals(ExperimentReader.read(json, List.of()), ExperimentReader.read(yaml, List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"experiment.txt", "experiment", "missing.json"})
    void whatIsNotAnExperimentFileIsRefused(String name) {
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> ExperimentReader.read(folder.resolve(name), List.of()));
        assertTrue(e.getMessage().contains("expected an experiment file"), e.getMessage());
        assertEquals(2, e.exitCode());
    }

    @Test
    void aFolderIsNotAnExperiment() throws IOException {
        Path file = Files.createDirectory(folder.resolve("folder.json"));
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> ExperimentReader.read(file, List.of()));
        assertTrue(e.getMessage().contains("found a folder"), e.getMessage());
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws IOException {
        Path file = Files.write(folder.resolve("latin.json"), "{\"name\": \"é\"}".getBytes(StandardCharsets.ISO_8859_1));
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> ExperimentReader.read(file, List.of()));
        assertTrue(e.getMessage().contains("UTF-8"), e.getMessage());
    }
}
