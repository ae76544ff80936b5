package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.ballast.artifacts.RunArtifacts;
import io.ballast.config.ExperimentSchema;
import io.ballast.schema.Schemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaCommandTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Path GOLDEN = HOME.resolve("orchestrator/src/test/resources/io/ballast/artifacts/schema-1");
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"schema", "schema --json", "--quiet schema", "schema experiment"})
    void standardOutputIsTheSchemaAndNothingElse(String typed) {
        Typed answer = Typed.run(typed.split(" "));
        assertEquals(0, answer.code());
        assertEquals(ExperimentSchema.json(), JsonParser.parseString(answer.out()));
        assertEquals("", answer.err());
    }

    @Test
    void anUnknownNameIsRefusedWithTheNearest() {
        Typed answer = Typed.run("schema", "sample");
        assertEquals(2, answer.code());
        assertTrue(answer.err().contains("Did you mean 'samples'?"), answer.err());
    }

    @Test
    void everySchemaHoldsOfTheGoldenFiles() throws IOException, InterruptedException {
        List<String> pairs = schemasWithFilesOf(GOLDEN);
        assertEquals("", validate(pairs));
    }

    @Test
    void everySchemaHoldsOfARealRunAndOfTheEventsItTells() throws IOException, InterruptedException {
        Path told = folder.resolve("told.jsonl");
        Files.writeString(folder.resolve("rules.py"), "def stop(step, losses):\n    return step == 3\n");
        Typed typed = Typed.run("run", TinyExperiment.write(folder).toString(), "--quiet", "--events", told.toString(),
                "--set", "domain.stop=rules:stop");
        assertEquals(0, typed.code(), typed.err());
        Path run;
        try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
            run = runs.findFirst().orElseThrow();
        }
        List<String> pairs = schemasWithFilesOf(run);
        pairs.addAll(List.of(schema("events"), told.toString()));
        assertEquals("", validate(pairs));
        assertTrue(Files.readString(told).contains("\"scoring\""), "progress, which is not kept");
        assertTrue(Files.readString(told).contains("\"ended-early\""), "an event that not every run has");
        List<String> kept = Files.readAllLines(run.resolve("events.jsonl"));
        assertEquals(kept, Files.readAllLines(told).stream().filter(kept::contains).toList(), "what is kept is told");
        assertEquals(kept.size(), new RunArtifacts(run).events().size());
    }

    @Test
    void whatIsNotOfASchemaIsFound() throws IOException, InterruptedException {
        Path broken = folder.resolve("broken.jsonl");
        Files.writeString(broken, "{\"time\": \"2026-11-28T15:28:19Z\", \"type\": \"step\", \"phase\": \"general\","
                + " \"step\": 1, \"steps\": 4, \"loss\": \"high\"}\n");
        String found = validate(List.of(schema("events"), broken.toString()));
        assertTrue(found.contains("$.loss: 'high' is not of type 'number'"), found);
    }

    private List<String> schemasWithFilesOf(Path run) throws IOException {
        List<String> pairs = new ArrayList<>();
        pairs.addAll(List.of(schema("experiment"), run.resolve("experiment.json").toString()));
        pairs.addAll(List.of(schema("result"), run.resolve("result.json").toString()));
        pairs.addAll(List.of(schema("events"), run.resolve("events.jsonl").toString()));
        pairs.addAll(List.of(schema("anchor"), run.resolve("anchor/anchor.json").toString()));
        try (Stream<Path> files = Files.walk(run.resolve("evaluation"))) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("samples_")).toList()) {
                pairs.addAll(List.of(schema("samples"), file.toString()));
            }
        }
        assertEquals(Schemas.names().size(),
                pairs.stream().filter(each -> each.endsWith(".schema.json")).distinct().count());
        return pairs;
    }

    private String schema(String name) throws IOException {
        Path file = folder.resolve(name + ".schema.json");
        Files.writeString(file, Typed.run("schema", name).out());
        return file.toString();
    }

    private static String validate(List<String> pairs) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("orchestrator/src/test/python/validate_documents.py").toString()));
        command.addAll(pairs);
        Process python = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(python.getInputStream().readAllBytes());
        assertEquals(said.isEmpty() ? 0 : 1, python.waitFor());
        return said;
    }
}
