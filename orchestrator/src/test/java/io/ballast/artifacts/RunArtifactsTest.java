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

    @Test
    void anotherSchemaIsRefused(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("anchor"));
        Files.writeString(folder.resolve("anchor/anchor.json"), "{\"schema\": 99}");
        assertTrue(assertThrows(InvalidInputException.class, () -> new RunArtifacts(folder).anchor()).getMessage()
                .contains("found schema 99"));
    }
}
