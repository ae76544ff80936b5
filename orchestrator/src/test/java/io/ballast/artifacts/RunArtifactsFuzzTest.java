package io.ballast.artifacts;

import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.fuzz.Fuzzing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class RunArtifactsFuzzTest {
    private static final Path GOLDEN = Path.of("src/test/resources/io/ballast/artifacts/schema-1");

    @TempDir
    Path folder;

    private interface Asked {
        void ask(RunArtifacts run);
    }

    @Test
    void aDamagedResultIsRefusedOrRead() throws IOException {
        fuzz(Result.FILE, run -> {
            Result result = run.result();
            result.scores().forEach(score -> score.task().length());
            result.forgetting().forEach(change -> change.verdict());
            result.phases().forEach(phase -> phase.name().length());
            result.artifacts().size();
            result.toJson();
        });
    }

    @Test
    void damagedEventsAreRefusedOrRead() throws IOException {
        fuzz(RunEvent.FILE, run -> run.events().forEach(event -> {
            event.type().length();
            event.phase().length();
            event.toJson();
        }));
    }

    @Test
    void aDamagedAnchorsDescriptionIsRefusedOrRead() throws IOException {
        fuzz("anchor/anchor.json", run -> {
            AnchorDescription anchor = run.anchor();
            anchor.storage().kind().length();
            anchor.measured().method().length();
            anchor.layerWeights().layers().forEach(layer -> layer.name().length());
            anchor.shapes().size();
            anchor.distribution().modules().forEach(module -> module.name().length());
        });
    }

    @Test
    void damagedSamplesAreRefusedOrRead() throws IOException {
        fuzz("evaluation/base/samples_quiz_2026-11-28T15-28-27.864100.jsonl",
                run -> run.samples("base", "quiz").forEach(sample -> {
                    sample.arguments().size();
                    sample.filteredResponses().size();
                    sample.values().size();
                    sample.docHash().length();
                }));
    }

    private void fuzz(String name, Asked asked) throws IOException {
        try (Stream<Path> files = Files.walk(GOLDEN)) {
            for (Path each : files.toList()) {
                Path copy = folder.resolve(GOLDEN.relativize(each).toString());
                if (!Files.isDirectory(copy)) {
                    Files.copy(each, copy);
                }
            }
        }
        RunArtifacts run = new RunArtifacts(folder);
        Path file = folder.resolve(name);
        Fuzzing.of(file.getFileName().toString(), InvalidInputException.class)
                .run(List.of(Files.readAllBytes(GOLDEN.resolve(name))), damaged -> {
                    Files.write(file, damaged);
                    asked.ask(run);
                });
    }
}
