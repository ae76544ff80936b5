package io.ballast.artifacts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.compare.ChangeVerdict;
import io.ballast.eval.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Python's {@code test_golden_run.py} reads the same files and says the same of them. */
class RunArtifactsTest {
    private final RunArtifacts golden = new RunArtifacts(Path.of("src/test/resources/io/ballast/artifacts/schema-1"));

    @Test
    void aResultOfSchema1IsRead() {
        Result result = golden.result();
        assertEquals("completed", result.status());
        assertEquals(12, result.scores().size());
        assertEquals(Role.DOMAIN, result.scores().get(11).role());
        assertEquals(174.90048860824365, result.scores().get(11).value());
        assertEquals(List.of(-481.1432819305124, -471.7056195215459), result.forgetting().get(0).ci95());
        assertEquals(ChangeVerdict.BETTER, result.learned().get(0).verdict());
        assertEquals("block.1", result.importance().layers().get(2).name());
        assertEquals(4, result.phases().get(1).steps());
    }

    @Test
    void eventsOfSchema1AreReadAndWrittenAsTheyWere() throws IOException {
        List<RunEvent> events = golden.events();
        assertEquals("started", events.get(0).type());
        assertEquals("finished", events.get(events.size() - 1).type());
        RunEvent step = events.stream().filter(event -> event.type().equals("step")).reduce((a, b) -> b).orElseThrow();
        assertEquals(4, step.step());
        assertEquals(4L, step.fields().get("steps"));
        assertEquals(5.356803894042969, step.fields().get("loss"));
        assertEquals(Files.readAllLines(golden.folder().resolve(RunEvent.FILE)),
                events.stream().map(RunEvent::toJson).toList());
    }

    @Test
    void samplesOfSchema1AreRead() {
        assertEquals(List.of("base", "domain"), golden.stages());
        SampleLine first = golden.samples("base", "quiz").get(0);
        assertEquals("Question: What dose of drug 0?\nAnswer:",
                first.arguments().get("gen_args_0").get("arg_0").getAsString());
        assertEquals(3, first.filteredResponses().size());
        assertEquals(0, first.values().get("acc").getAsInt());
        SampleLine dose = golden.samples("domain", "doses").get(2);
        assertEquals(2, dose.values().get("perplexity").getAsJsonArray().size(), "log-likelihood and tokens");
    }

    @Test
    void anAnchorsDescriptionOfSchema4IsRead() {
        AnchorDescription anchor = golden.anchor();
        assertEquals("path_integral", anchor.measured().method());
        assertEquals(0.9185702609178215, anchor.measured().sumOmega());
        assertEquals(List.of("embedding", "block.0", "block.1"),
                anchor.layerWeights().layers().stream().map(AnchorDescription.Layer::name).toList());
        assertEquals(List.of(320L, 32L), anchor.shapes().get("model.embed_tokens.weight"));
        assertEquals(Map.of(), anchor.referenceHashes());
    }

    @Test
    void samplesThatAreNotThereAreNamedWithThoseThatAre() {
        String message = assertThrows(InvalidInputException.class, () -> golden.samples("base", "quis")).getMessage();
        assertTrue(message.contains("samples_quis_DATE.jsonl") && message.contains("samples_quiz_"), message);
        message = assertThrows(InvalidInputException.class, () -> golden.samples("end", "quiz")).getMessage();
        assertTrue(message.contains("The stages are base, domain"), message);
    }

    @Test
    void halfALineAtTheEndIsPassedOverAndABrokenLineBeforeItIsNot(@TempDir Path folder) throws IOException {
        String line = golden.events().get(0).toJson();
        Files.writeString(folder.resolve(RunEvent.FILE), line + "\n" + line.substring(0, 40));
        assertEquals(1, new RunArtifacts(folder).events().size());
        Files.writeString(folder.resolve(RunEvent.FILE), "{}\n" + line + "\n");
        assertTrue(assertThrows(InvalidInputException.class, () -> new RunArtifacts(folder).events()).getMessage()
                .contains("events.jsonl, line 1; found no object with a time"));
    }

    /** Each was an exception of another kind, found by fuzzing. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "events.jsonl | {\"time\": {}, \"type\": \"t\", \"phase\": \"\", \"step\": 1} | a time, a type, a phase and a step",
        "events.jsonl | {\"time\": \"now\", \"type\": \"t\", \"phase\": \"\", \"step\": 1} | 'now' could not be parsed",
        "events.jsonl | {\"time\": \"2026-01-01T00:00:00Z\", \"type\": \"t\", \"step\": 1} | a time, a type, a phase",
        "result.json | {\"schema\": 1} | no 'name' in Result",
        "result.json | {\"schema\": 1e999999999} | found schema 1e999999999",
        "result.json | [] | schema nothing",
        "result.json | {\"schema\": 1, \"diskBytes\": \"many\"} | many",
        "anchor/anchor.json | {\"schema\": 4, \"space\": \"parameters\"} | no 'storage' in AnchorDescription",
        "anchor/anchor.json | {\"schema\": 4, \"modelBytes\": 1e} | Expected"})
    void whatLacksSomethingOrHasAnotherTypeIsRefused(String name, String content, String said, @TempDir Path folder)
            throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content + "\n" + (name.endsWith("l") ? content + "\n" : ""));
        RunArtifacts run = new RunArtifacts(folder);
        String message = assertThrows(InvalidInputException.class, () -> {
            switch (name) {
                case "events.jsonl" -> run.events();
                case "result.json" -> run.result();
                default -> run.anchor();
            }
        }).getMessage();
        assertTrue(message.contains(said) && message.contains(file.toString()), message);
    }

    @Test
    void aSampleThatLacksItsHashesIsRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("evaluation/base/samples_quiz_2026.jsonl");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"doc_id\": 0, \"doc\": {}, \"arguments\": {}, \"resps\": [], \"filtered_resps\": [],"
                + " \"filter\": \"none\", \"metrics\": []}\n{}\n");
        assertTrue(assertThrows(InvalidInputException.class, () -> new RunArtifacts(folder).samples("base", "quiz"))
                .getMessage().contains("line 1; found no 'doc_hash' in SampleLine"));
    }

    @Test
    void anotherSchemaIsRefused(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("anchor"));
        Files.writeString(folder.resolve("anchor/anchor.json"), "{\"schema\": 99}");
        assertTrue(assertThrows(InvalidInputException.class, () -> new RunArtifacts(folder).anchor()).getMessage()
                .contains("found schema 99"));
    }
}
