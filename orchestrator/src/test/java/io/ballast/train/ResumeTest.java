package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.StoppedException;
import io.ballast.checkpoint.CheckpointStore;
import io.ballast.checkpoint.RunLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Runs that are stopped in one way or another, and go on or are refused. */
@Tag("one-jdk")
class ResumeTest extends TinyRuns {
    private TinyExperiment tiny() throws IOException {
        return new TinyExperiment(folder, "gpt2").with("general.steps", "6").with("domain.steps", "6")
                .with("general.loggingSteps", "1").with("domain.loggingSteps", "1")
                .with("checkpoint", "{\"steps\": 2}");
    }

    /** A run that is stopped after a step of a phase. */
    private Run stopped(TinyExperiment tiny, String phase, long step) {
        CompletableFuture<Run> started = new CompletableFuture<>();
        Run run = ballast.start(tiny.experiment(), event -> {
            if (event.type().equals("step") && event.phase().equals(phase) && event.step() == step) {
                started.join().cancel();
            }
        });
        started.complete(run);
        assertThrows(StoppedException.class, run::result);
        assertEquals("stopped", Result.read(run.folder()).status());
        return run;
    }

    private Result resumed(Run run) {
        return ballast.resume(run.folder(), RunListener.NONE).result();
    }

    private String refusal(Run run) throws IOException {
        String before = state(run.folder());
        String message = assertThrows(InvalidInputException.class, () -> resumed(run)).getMessage();
        assertEquals(before, state(run.folder()), "what is refused changes nothing");
        return message;
    }

    private static String state(Path run) throws IOException {
        return Files.readString(run.resolve(Result.FILE)) + Files.readString(run.resolve("events.jsonl"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "general | 3 | {\"method\": \"hierarchical\"} | null",
        "domain  | 3 | {\"method\": \"hierarchical\", \"form\": \"gradient\", \"reference\": \"start\"} | null",
        "domain  | 1 | {\"method\": \"hierarchical\", \"space\": \"effective\"} | {\"rank\": 2, \"dropout\": 0.1}",
        "general | 3 | {\"method\": \"rwalk\"} | null",
        "domain  | 3 | {\"method\": \"ewc\"} | null",
        "domain  | 3 | {\"method\": \"kl\"} | null",
        "domain  | 3 | {\"method\": \"l2\"} | {\"rank\": 2}",
        "domain  | 3 | {\"method\": \"none\"} | {\"kind\": \"dora\", \"rank\": 2, \"dropout\": 0.1}"})
    void aStoppedRunEndsAsIfItHadNotBeenStopped(String phase, long step, String retention, String adapter)
            throws Exception {
        TinyExperiment tiny = tiny().with("retention", retention).with("adapter", adapter)
                .with("checkpoint.async", String.valueOf(adapter.equals("null")))
                .with("evaluation.general", "[{\"name\": \"tales\", \"perplexity\": \"general.jsonl\"}]");
        Run undisturbed = start(tiny);
        undisturbed.result();
        Run run = stopped(tiny, phase, step);
        assertEquals(undisturbed.result().scores(), resumed(run).scores());
        WhatARunLeft.assertSame(undisturbed.folder(), run.folder());
        assertFalse(Files.exists(CheckpointStore.folderOf(run.folder())));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"method\": \"hierarchical\"} | null",
        "{\"method\": \"ewc\"} | null",
        "{\"method\": \"none\"} | {\"rank\": 2, \"dropout\": 0.1, \"carry\": \"stack\"}",
        "{\"method\": \"hierarchical\", \"space\": \"effective\"} | {\"rank\": 2, \"carry\": \"merge\"}"})
    void severalDomainsAreResumedInTheOneThatWasUnderWay(String retention, String adapter) throws Exception {
        TinyExperiment tiny = tiny().with("retention", retention).with("adapter", adapter);
        if (retention.contains("ewc")) {
            tiny.with("importance", "{\"carry\": \"separate\"}");
        }
        tiny.domains("first", "second", "third");
        Run undisturbed = start(tiny);
        undisturbed.result();
        Run run = stopped(tiny, "third", 3);
        Path events = run.folder().resolve(RunEvent.FILE);
        List<String> ofSecond = Files.readAllLines(events).stream().filter(line -> line.contains("\"second\"")).toList();
        resumed(run);
        WhatARunLeft.assertSame(undisturbed.folder(), run.folder());
        assertTrue(Files.readAllLines(events).containsAll(ofSecond), "with their times: it was not trained again");
    }

    @Test
    void aDamagedCheckpointIsPassedOver() throws Exception {
        TinyExperiment tiny = tiny();
        Run undisturbed = start(tiny);
        undisturbed.result();
        Run run = stopped(tiny, "domain", 5);
        try (Stream<Path> all = Files.list(CheckpointStore.folderOf(run.folder()))) {
            Path newest = all.filter(each -> each.getFileName().toString().matches("\\d+")).sorted()
                    .reduce((first, second) -> second).orElseThrow().resolve("tensors/shard-00001-model-00001-of-00001.safetensors");
            byte[] bytes = Files.readAllBytes(newest);
            bytes[bytes.length / 2] ^= 1;
            Files.write(newest, bytes);
        }
        resumed(run);
        WhatARunLeft.assertSame(undisturbed.folder(), run.folder());
    }

    @Test
    void whatIsNotTheRunThatWasBegunIsRefusedByName() throws Exception {
        Run run = stopped(tiny(), "domain", 2);
        Path experiment = run.folder().resolve("experiment.json");
        String written = Files.readString(experiment);
        Files.writeString(experiment, written.replace("\"seed\": 3", "\"seed\": 4"));
        assertTrue(refusal(run).contains("seed was 3 and is 4"), refusal(run));
        Files.writeString(experiment, written);
        Path data = folder.resolve("domain.jsonl");
        List<String> rows = Files.readAllLines(data);
        Files.write(data, rows.subList(1, rows.size()));
        assertTrue(refusal(run).contains("data of the domain phase domain"), refusal(run));
        Files.write(data, rows);
        RunLock lock = RunLock.take(run.folder());
        assertTrue(refusal(run).contains("no run is working on"));
        lock.close();
        assertEquals("completed", resumed(run).status());
        assertTrue(refusal(run).contains("has completed"));
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> ballast.resume(folder, RunListener.NONE));
        assertTrue(e.getMessage().contains("experiment.json"), e.getMessage());
    }
}
