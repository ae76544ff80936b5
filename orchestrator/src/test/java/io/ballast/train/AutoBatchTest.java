package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.DeviceOutOfMemoryException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.StoppedException;
import io.ballast.artifacts.RunArtifacts;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Memory that runs out in training: a method asks PyTorch for more than any machine has, above a number of rows. */
@Tag("one-jdk")
class AutoBatchTest extends TinyRuns {
    /** A step of twice three micro-batches of four rows finds no room from its third micro-batch on. */
    private static final String METHOD = """
            import torch
            from ballast.methods import Method
            from ballast.retention import OBJECTIVE, Retention

            class Greedy(Retention):
                def __init__(self, room, patience):
                    self.room, self.patience = room, patience

                def objective(self, opened, batch):
                    self.patience -= 1
                    if batch.ids.shape[0] > self.room and self.patience < 0:
                        torch.empty(1 << 55)
                    return super().objective(opened, batch)

            class Ample(Method):
                '''Has room for all rows.'''
                forms = (OBJECTIVE,)
                room = 100

                def retain(self, start):
                    return Greedy(self.room, 7)

            class Narrow(Ample):
                '''Has room for two rows.'''
                room = 2

            class Closed(Ample):
                '''Has no room.'''
                room = 0
            """;

    @BeforeEach
    void writeMethod() throws IOException {
        Files.writeString(folder.resolve("greedy.py"), METHOD);
    }

    /** Three micro-batches a step: memory runs out in the second one of the third step. */
    private TinyExperiment tiny(String method, boolean autoBatch) throws IOException {
        return new TinyExperiment(folder, "gpt2").without("general").with("domain.steps", "6")
                .with("domain.gradientAccumulation", "3").with("domain.loggingSteps", "1")
                .with("domain.autoBatch", String.valueOf(autoBatch)).with("retention", "{\"method\": \"greedy:" + method
                        + "\"}").with("evaluation.general", "[]");
    }

    private static List<RunEvent> events(Run run, String type) {
        return new RunArtifacts(run.folder()).events().stream().filter(event -> event.type().equals(type)).toList();
    }

    private static List<Double> losses(Run run) {
        return events(run, "step").stream().map(event -> ((Number) event.fields().get("loss")).doubleValue()).toList();
    }

    @Test
    void aBatchThatFindsNoRoomIsHalvedAndEveryStepHasTheSameTokens() throws IOException {
        Run ample = start(tiny("Ample", true));
        Run narrow = start(tiny("Narrow", true));
        Result.Phase whole = ample.result().phases().get(0);
        Result.Phase halved = narrow.result().phases().get(0);
        assertNull(whole.reducedBatchSize());
        assertEquals(2, halved.reducedBatchSize());
        assertEquals(List.of(whole.steps(), whole.tokens()), List.of(halved.steps(), halved.tokens()));
        List<Double> expected = losses(ample);
        List<Double> found = losses(narrow);
        assertEquals(6, found.size());
        for (int i = 0; i < 6; i++) {
            assertEquals(expected.get(i), found.get(i), 1e-5, "step " + (i + 1));
        }
        assertEquals(List.of(), events(ample, "smaller-batch"));
        RunEvent told = events(narrow, "smaller-batch").get(0);
        assertEquals(1, events(narrow, "smaller-batch").size());
        assertEquals(2, told.step(), "steps made before");
        assertTrue(told.fields().get("message").toString().contains("no room for 4 rows at once"), told.toJson());
    }

    @Test
    void aRunWhoseBatchWasHalvedIsResumedWithTheHalves() throws IOException {
        TinyExperiment tiny = tiny("Narrow", true).with("checkpoint", "{\"steps\": 1}");
        Run undisturbed = start(tiny);
        undisturbed.result();
        CompletableFuture<Run> started = new CompletableFuture<>();
        Run run = ballast.start(tiny.experiment(), event -> {
            if (event.type().equals("step") && event.step() == 4) {
                started.join().cancel();
            }
        });
        started.complete(run);
        assertThrows(StoppedException.class, run::result);
        ballast.resume(run.folder(), RunListener.NONE).result();
        WhatARunLeft.assertSame(undisturbed.folder(), run.folder());
    }

    @Test
    void withoutAutoBatchTheMessageSaysWhatWouldFit() throws IOException {
        Run run = start(tiny("Narrow", false));
        DeviceOutOfMemoryException failed = assertThrows(DeviceOutOfMemoryException.class, run::result);
        assertEquals(4, failed.exitCode());
        for (String part : List.of("the domain phase fits in the memory of cpu; found no room for 4 rows",
                "can't allocate memory", "By the estimate 4 rows need", "something else, or a limit of the system's",
                "Set batchSize to 2 and gradientAccumulation to 6", "--auto-batch")) {
            assertTrue(failed.getMessage().contains(part), failed.getMessage());
        }
        assertEquals("failed", Result.read(run.folder()).status());
    }

    @Test
    void whereNotEvenARowFitsHalvingEnds() throws IOException {
        Run run = start(tiny("Closed", true));
        DeviceOutOfMemoryException failed = assertThrows(DeviceOutOfMemoryException.class, run::result);
        assertTrue(failed.getMessage().contains("no room for 1 rows"), failed.getMessage());
        assertTrue(failed.getMessage().contains("Nothing less than a row"), failed.getMessage());
        assertEquals(2, events(run, "smaller-batch").size(), "4 rows, 2 rows");
    }
}
