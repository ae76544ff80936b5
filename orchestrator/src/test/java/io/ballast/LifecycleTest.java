package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may be asked when: of a closed Ballast, from a run's own thread, while something is under way. */
@Tag("one-jdk")
@Timeout(60)
class LifecycleTest {
    private static final int FOREVER = 1_000_000;

    private final ExecutorService others = Executors.newCachedThreadPool();
    @TempDir
    Path folder;
    private Ballast ballast;
    private Run endless;

    @BeforeEach
    void open() {
        ballast = Ballast.open();
    }

    @AfterEach
    void close() {
        if (endless != null) {
            endless.cancel();
        }
        ballast.close();
        others.shutdown();
    }

    private Experiment experiment(int steps) throws IOException {
        Path rows = Files.write(folder.resolve("rows.jsonl"),
                Collections.nCopies(8, "{\"text\": \"Boats go down.\"}"));
        return Experiment.builder("boats", TinyModels.folder("llama-tied").toString()).output(folder.resolve("runs"))
                .domain(TrainingPhase.of(1e-3).text(rows, "{text}").batchSize(4).steps(steps))
                .set("domain.loggingSteps", 1).build();
    }

    /** A run that was heard to train, and goes on until it is cancelled. */
    private Run train() throws Exception {
        CountDownLatch trains = new CountDownLatch(1);
        endless = ballast.start(experiment(FOREVER), event -> {
            if (event.type().equals("step")) {
                trains.countDown();
            }
        });
        trains.await();
        return endless;
    }

    @Test
    void aClosedBallastStartsNothingAndLeavesNoFolder() throws IOException {
        ballast.close();
        assertThrows(IllegalStateException.class, () -> ballast.start(experiment(1), RunListener.NONE));
        assertThrows(IllegalStateException.class, () -> ballast.resume(folder, RunListener.NONE));
        assertFalse(Files.exists(folder.resolve("runs")));
        assertThrows(IllegalStateException.class, () -> ballast.evaluate(experiment(1).config().model(),
                experiment(1).config().evaluation(), RunListener.NONE, () -> false));
    }

    @Test
    void aListenerThatWouldWaitForItselfIsToldSo() throws Exception {
        List<Throwable> refusals = new ArrayList<>();
        CompletableFuture<Run> self = new CompletableFuture<>();
        Run run = ballast.start(experiment(1), event -> {
            if (event.type().equals("phase")) {
                refusals.add(assertThrows(IllegalStateException.class, ballast::close));
                refusals.add(assertThrows(IllegalStateException.class, () -> self.join().result()));
                refusals.add(assertThrows(IllegalStateException.class, () -> ballast.run(experiment(1), RunListener.NONE)));
                refusals.add(assertThrows(IllegalStateException.class, () -> ballast.evaluate(null, null,
                        RunListener.NONE, () -> false)));
            }
        });
        self.complete(run);
        assertEquals("completed", run.result().status());
        assertEquals(4, refusals.size());
    }

    @Test
    void anInterruptedCloseCancelsRunsAndWaitsForWhatTheyHave() throws Exception {
        Run run = train();
        Thread.currentThread().interrupt();
        ballast.close();
        assertTrue(Thread.interrupted(), "the interrupt is handed on");
        assertTrue(run.future().isDone());
        assertThrows(StoppedException.class, run::result);
        assertEquals("stopped", Result.read(run.folder()).status());
    }

    @Test
    void aRunWithoutAModelYetSaysSo() throws Exception {
        Run run = train();
        String said = assertThrows(InvalidInputException.class, () -> ballast.openModel(run.folder())).getMessage();
        assertTrue(said.contains("A run writes it at its end"), said);
        run.cancel();
        run.cancel();
        assertInstanceOf(StoppedException.class, assertThrows(CompletionException.class, run.future()::join).getCause());
    }

    @Test
    void aModelThatWritesWhenBallastIsClosedEndsWithItsReason() throws Exception {
        Model model = ballast.openModel(TinyModels.folder("llama-tied"));
        CountDownLatch writes = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Future<List<String>> text = others.submit(() -> model.generate(List.of("Boats"), Generation.greedy(40),
                (piece, row) -> {
                    writes.countDown();
                    await(closed);
                }, () -> false));
        writes.await();
        ballast.close();
        closed.countDown();
        assertInstanceOf(IllegalStateException.class,
                assertThrows(ExecutionException.class, text::get).getCause());
        model.close();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
