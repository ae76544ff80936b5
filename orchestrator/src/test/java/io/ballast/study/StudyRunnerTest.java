package io.ballast.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.RunListener;
import io.ballast.StoppedException;
import io.ballast.TinyModels;
import io.ballast.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class StudyRunnerTest extends TinyRuns {
    private Path file;

    @BeforeEach
    void write() throws IOException {
        rows("general.jsonl", i -> "Once upon a time boat %d met river %d.".formatted(i, i * 7 % 24));
        rows("domain.jsonl", i -> "Drug %d: %d mg.".formatted(i, i * 5 % 24));
        Files.writeString(folder.resolve("base.json"), """
                { "name": "tiny", "model": {"path": "%s", "device": "cpu"},
                  "general": {"data": [{"path": "general.jsonl", "text": "{text}"}], "steps": 3, "batchSize": 4,
                              "learningRate": 1e-3},
                  "domain": {"data": [{"path": "domain.jsonl", "text": "{text}"}], "steps": 3, "batchSize": 4,
                             "learningRate": 2e-3},
                  "evaluation": {"general": [{"name": "tales", "perplexity": "general.jsonl"}],
                                 "domain": [{"name": "doses", "perplexity": "domain.jsonl"}]} }
                """.formatted(TinyModels.folder("gpt2")));
        file = study("""
                {"name": "plain", "set": ["retention.method=none"]},
                {"name": "l2", "set": ["retention.method=l2"], "strengths": [1, 1000], "from": "plain"},
                {"name": "replay", "key": "domain.replay", "strengths": [0.5]}""");
    }

    private void rows(String name, java.util.function.IntFunction<String> text) throws IOException {
        Files.writeString(folder.resolve(name), IntStream.range(0, 24)
                .mapToObj(i -> "{\"text\": \"" + text.apply(i) + "\"}\n").collect(Collectors.joining()));
    }

    private Path study(String methods) throws IOException {
        return Files.writeString(folder.resolve("study.json"), """
                { "name": "tiny-study", "output": "out", "domains": [{"name": "doses", "experiment": "base.json"}],
                  "seeds": [1, 2], "methods": [%s] }
                """.formatted(methods));
    }

    private StudyResults run(List<String> begun) {
        return new StudyRunner(ballast, Study.read(file)).run(RunListener.NONE, begun::add, run -> { });
    }

    @Test
    void everyRunIsMadeOnceAndTheGeneralPhaseIsShared() throws IOException {
        List<String> begun = new ArrayList<>();
        StudyResults results = run(begun);
        assertEquals(8, begun.size());
        assertEquals("run 2 of 8: l2 1, doses, seed 1", begun.get(1));
        assertEquals(8, results.rows().size());
        assertTrue(results.rows().stream().allMatch(row -> row.isCompleted() && Double.isFinite(row.kept())));
        try (var anchors = Files.list(folder.resolve("out/anchors"))) {
            assertEquals(2, anchors.count(), "one general phase for each seed");
        }
        assertEquals(List.of("base", "anchored", "base", "anchored"),
                results.baselines().stream().map(StudyResults.Baseline::stage).toList());
        StudyRow held = results.rows().get(2);
        StudyRow plain = results.rows().get(0);
        assertEquals(1000, held.strength());
        StudyResults.Baseline anchored = results.baselines().get(1);
        assertTrue(Math.abs(held.learned() - anchored.learned()) < Math.abs(plain.learned() - anchored.learned()),
                "a strong penalty stays near the start");
        assertEquals(0.5, results.rows().get(3).replay());
        assertEquals("loss in nats per token", results.learned().get("doses").metric());

        begun.clear();
        assertEquals(results.toJson(), run(begun).toJson());
        assertEquals(List.of(), begun, "nothing is run again");
        try (var runs = Files.list(folder.resolve("out/runs"))) {
            assertTrue(runs.noneMatch(run -> Files.exists(run.resolve("model"))), "models are not kept");
        }
    }

    @Test
    void anAddedStrengthIsTheOnlyRunThatIsMade() throws IOException {
        run(new ArrayList<>());
        file = study("""
                {"name": "plain", "set": ["retention.method=none"]},
                {"name": "l2", "set": ["retention.method=l2"], "strengths": [1, 30, 1000], "from": "plain"}""");
        List<String> begun = new ArrayList<>();
        run(begun);
        assertEquals(List.of("run 3 of 8: l2 30, doses, seed 1", "run 7 of 8: l2 30, doses, seed 2"), begun);
    }

    @Test
    void theFirstRunTooIsScoredWhereItsRowIsRead() throws IOException {
        file = study("""
                {"name": "softened", "key": "afterTraining.strength", "strengths": [0.5],
                 "set": ["afterTraining={\\"method\\": \\"wise-ft\\", \\"strength\\": 1}"]}""");
        StudyResults results = run(new ArrayList<>());
        assertTrue(results.rows().stream().allMatch(row -> Double.isFinite(row.kept())));
        assertEquals(4, results.baselines().size());
    }

    @Test
    void changedDataIsRunAnew() throws IOException {
        String before = Study.read(file).runs().get(0).key();
        rows("domain.jsonl", i -> "Drug %d: %d g.".formatted(i, i * 5 % 24));
        assertNotEquals(before, Study.read(file).runs().get(0).key());
    }

    @Test
    void aStudyThatWasStoppedGoesOnWithWhatIsMissing() {
        List<String> begun = new ArrayList<>();
        assertThrows(StoppedException.class, () -> new StudyRunner(ballast, Study.read(file)).run(RunListener.NONE,
                begun::add, run -> {
                    if (begun.size() == 3) {
                        run.cancel();
                    }
                }));
        assertEquals(2, StudyRunner.existing(Study.read(file)).rows().size());
        begun.clear();
        assertEquals(8, run(begun).rows().size());
        assertEquals(6, begun.size());
    }

    @Test
    void aRunThatDivergesIsAFailedRowAndTheStudyGoesOn() throws IOException {
        file = study("""
                {"name": "wild", "key": "domain.learningRate", "strengths": [1e30, 1e-3]}""");
        StudyResults results = run(new ArrayList<>());
        assertEquals(List.of("failed", "completed", "failed", "completed"),
                results.rows().stream().map(StudyRow::status).toList());
        assertTrue(results.rows().get(0).message().contains("not finite"), results.rows().get(0).message());
        Path report = StudyReport.write(Study.read(file).config(), results, folder.resolve("out"));
        assertTrue(Files.readString(report).contains("## Runs that failed"));
        List<String> begun = new ArrayList<>();
        run(begun);
        assertEquals(List.of(), begun, "they would diverge again");
    }

    @Test
    void aRunThatFoundNoMemoryIsMadeAgainWhenTheStudyGoesOn() throws IOException {
        Files.writeString(folder.resolve("crowded.py"), """
                from pathlib import Path
                import torch
                from ballast.methods.method import Method
                from ballast.retention import OBJECTIVE, Retention

                class Crowded(Method):
                    'Finds no room while a file is there.'
                    forms = (OBJECTIVE,)

                    def retain(self, start):
                        torch.empty(1 << 55 if (Path(__file__).parent / "full").exists() else 1)
                        return Retention()
                """);
        file = study("""
                {"name": "crowded", "set": ["retention.method=crowded:Crowded"], "seeds": [1]}""");
        Path full = Files.createFile(folder.resolve("full"));
        StudyRow crowded = run(new ArrayList<>()).rows().get(0);
        assertEquals("out-of-memory", crowded.status(), crowded.message());
        Files.delete(full);
        for (int runs : new int[] {1, 0}) {
            List<String> begun = new ArrayList<>();
            StudyResults results = run(begun);
            assertEquals(runs, begun.size());
            assertEquals(List.of("completed"), results.rows().stream().map(StudyRow::status).toList());
        }
    }

    @Test
    void theReportHasTableAndPicture() throws IOException {
        StudyResults results = run(new ArrayList<>());
        Path report = StudyReport.write(Study.read(file).config(), results, folder.resolve("out"));
        String text = Files.readString(report);
        for (String part : List.of("# tiny-study", "](results-doses.svg)", "](results-doses-best.svg)", "| anchored |", "| l2 | 1000 |",
                "| replay ° | 0.5 |", "### At equal learning", " ± ")) {
            assertTrue(text.contains(part), part + " in " + text);
        }
        String picture = Files.readString(folder.resolve("out/results-doses.svg"));
        assertTrue(picture.contains("<polyline") && picture.contains("replay °"));
        assertFalse(picture.contains("NaN"), picture);
        String corner = Files.readString(folder.resolve("out/results-doses-best.svg"));
        assertFalse(corner.contains("NaN"), corner);
        assertTrue(circles(corner) > 0 && circles(corner) < circles(picture), corner);
    }

    private static int circles(String svg) {
        return svg.split("<circle", -1).length - 1;
    }

    @Test
    void whatIsWrongInAStudyIsNamed() throws IOException {
        assertRefused("{\"name\": \"a\", \"set\": [\"retention.methd=l2\"]}", "Did you mean 'method'");
        assertRefused("{\"name\": \"a\", \"strength\": [1]}", "Did you mean 'strengths'");
        assertRefused("{\"name\": \"a\"}, {\"name\": \"a\"}", "found 'a' twice");
        assertRefused("{\"name\": \"a\", \"from\": \"b\"}", "from: expected one of a, found 'b'");
        assertRefused("{\"name\": \"a\", \"domains\": [\"dose\"]}", "Did you mean 'doses'");
        assertRefused("{\"name\": \"a\", \"more\": [{\"seeds\": [8888]}]}", "found 8888. Add it to the study's 'seeds'");
        assertRefused("{\"name\": \"a\", \"strengths\": [-1]}", "retention.lambda");
    }

    private void assertRefused(String methods, String expected) throws IOException {
        file = study(methods);
        String message = assertThrows(InvalidInputException.class, () -> Study.read(file)).getMessage();
        assertTrue(message.contains(expected), message);
    }
}
