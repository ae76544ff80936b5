package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.eval.Likelihood;
import io.ballast.tensor.DType;
import io.ballast.tensor.DirectBuffers;
import io.ballast.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelTest {
    private static final List<String> PROMPTS = List.of("Once upon a time", "y", "The patient was given");
    /** The common pool has one thread on two cores, and a request that waits would keep it from the others. */
    private static final ExecutorService CLIENTS = Executors.newCachedThreadPool();
    private static Ballast ballast;
    private Model model;

    @BeforeAll
    static void openBallast() {
        ballast = Ballast.builder().requestsAtOnce(2).waitingRequests(1).timeLimit(Duration.ofSeconds(100)).open();
    }

    @AfterAll
    static void closeBallast() {
        CLIENTS.shutdown();
        ballast.close();
    }

    @BeforeEach
    void openModel() {
        model = ballast.openModel(TinyModels.folder("llama-tied"));
    }

    @AfterEach
    void closeModel() {
        model.close();
    }

    @Test
    void itSaysWhatItIs() {
        assertEquals("LlamaForCausalLM", model.info().architecture());
        assertEquals("cpu", model.info().device());
        assertTrue(model.info().parameters() > 0 && model.info().maxLength() > 0);
    }

    @Test
    void piecesTogetherAreTheText() {
        List<StringBuilder> heard = PROMPTS.stream().map(prompt -> new StringBuilder()).toList();
        List<String> texts = model.generate(PROMPTS, Generation.greedy(20), (piece, row) -> heard.get(row).append(piece),
                () -> false);
        assertEquals(texts, heard.stream().map(StringBuilder::toString).toList());
        assertEquals(texts, model.generate(PROMPTS, Generation.greedy(20)));
    }

    @Test
    void aCompletionEndsBeforeTheStopText() {
        String free = model.generate("y", Generation.greedy(20));
        String stop = free.substring(5, 8);
        assertEquals(free.substring(0, free.indexOf(stop)), model.generate("y", Generation.greedy(20).withStop(stop)));
    }

    @Test
    void drawnTextsAreTheSeedS() {
        Generation how = Generation.sampled(20, 1, 1);
        assertEquals(model.generate(PROMPTS, how.withSeed(3)), model.generate(PROMPTS, how.withSeed(3)));
        assertFalse(model.generate(PROMPTS, how.withSeed(3)).equals(model.generate(PROMPTS, how.withSeed(4))));
    }

    @Test
    void aScoreIsTheLogitsLogSoftmax() {
        Likelihood scored = model.score(List.of(new Continuation("Once upon", " a"))).get(0);
        int[] context = model.tokenizer().encodeWithSpecialTokens("Once upon");
        int[] all = model.tokenizer().encodeWithSpecialTokens("Once upon a");
        LongBuffer ids = DirectBuffers.longs(all.length);
        for (int i = 0; i < all.length; i++) {
            ids.put(i, all[i]);
        }
        double expected = 0;
        try (Tensor logits = model.logits(ids, 1, all.length)) {
            for (int i = context.length; i < all.length; i++) {
                expected += logProbability(logits, i - 1, all[i]);
            }
        }
        assertEquals(expected, scored.logProbability(), 1e-4);
        assertEquals(all.length - context.length, scored.tokens());
    }

    private static double logProbability(Tensor logits, int position, int token) {
        int vocabulary = (int) logits.shape()[2];
        FloatBuffer row = logits.floats().slice(position * vocabulary, vocabulary);
        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
            sum += Math.exp(row.get(i));
        }
        return row.get(token) - Math.log(sum);
    }

    @Test
    void hiddenStatesAreOneMoreThanBlocks() {
        LongBuffer heap = LongBuffer.wrap(new long[] {1, 5, 9, 3, 2, 7}); // is copied, for Python cannot read it
        List<Tensor> states = model.hiddenStates(heap, 2, 3);
        assertEquals(3, states.size());
        assertEquals(List.of(2L, 3L), List.of(states.get(0).shape()[0], states.get(0).shape()[1]));
        states.forEach(Tensor::close);
    }

    @Test
    void aParameterStaysReadableAfterEverythingIsClosed() {
        Tensor parameter = model.parameter(model.parameterNames().get(0));
        assertSame(DType.FLOAT32, parameter.dtype());
        FloatBuffer numbers = parameter.floats();
        float first = numbers.get(0);
        parameter.close();
        model.close();
        System.gc();
        assertEquals(first, numbers.get(0));
        assertThrows(IllegalStateException.class, parameter::floats);
        assertTrue(assertThrows(IllegalStateException.class, () -> model.parameterNames()).getMessage()
                .contains("closed"));
    }

    @Test
    void whatIsWrongIsSaidPlainly() {
        assertTrue(assertThrows(InvalidInputException.class, () -> model.parameter("model.embed")).getMessage()
                .contains("the nearest are"));
        assertThrows(InvalidInputException.class, () -> model.score(List.of(new Continuation("a", ""))));
        assertThrows(InvalidInputException.class, () -> model.generate("a", Generation.greedy(100_000)));
        assertThrows(InvalidInputException.class, () -> Generation.greedy(0));
        assertThrows(IllegalArgumentException.class, () -> model.logits(LongBuffer.allocate(3), 2, 2));
        assertThrows(IllegalArgumentException.class, () -> model.logits(LongBuffer.allocate(3), 0, 2));
        assertThrows(IllegalArgumentException.class, () -> model.hiddenStates(LongBuffer.allocate(3), -1, -2));
        int tooLong = model.info().maxLength() + 1;
        assertThrows(InvalidInputException.class, () -> model.logits(LongBuffer.allocate(tooLong), 1, tooLong));
        assertThrows(InvalidInputException.class, () -> ballast.openModel(Path.of("nowhere")));
    }

    @Test
    void savedItIsTheSameModel(@TempDir Path folder) {
        model.save(folder.resolve("copy"));
        assertTrue(Files.isRegularFile(folder.resolve("copy/model.safetensors")));
        try (Model copy = ballast.openModel(folder.resolve("copy"))) {
            assertEquals(model.generate(PROMPTS, Generation.greedy(10)), copy.generate(PROMPTS, Generation.greedy(10)));
        }
    }

    @Test
    void aStoppedRequestLeavesTheModelUsable() {
        List<String> heard = new ArrayList<>();
        assertThrows(StoppedException.class, () -> model.generate(PROMPTS, Generation.greedy(40),
                (piece, row) -> heard.add(piece), () -> heard.size() > 3));
        assertFalse(heard.isEmpty());
        Thread.currentThread().interrupt();
        assertThrows(StoppedException.class, () -> model.generate("y", Generation.greedy(40)));
        assertTrue(Thread.interrupted(), "an interrupt is the caller's");
        assertEquals(3, model.generate(PROMPTS, Generation.greedy(5)).size());
    }

    @Test
    void oneRequestTooManyIsRefused() throws InterruptedException {
        AtomicBoolean go = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(2);
        List<CompletableFuture<List<String>>> running = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            running.add(CompletableFuture.supplyAsync(() -> {
                boolean[] told = {false};
                return model.generate(PROMPTS, Generation.greedy(8), (piece, row) -> {
                    if (!told[0]) {
                        told[0] = true;
                        begun.countDown();
                        while (!go.get()) {
                            Thread.onSpinWait();
                        }
                    }
                }, () -> false);
            }, CLIENTS));
        }
        begun.await();
        List<CompletableFuture<String>> more = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            more.add(CompletableFuture.supplyAsync(() -> model.generate("y", Generation.greedy(3)), CLIENTS));
        }
        CompletableFuture.anyOf(more.toArray(CompletableFuture[]::new)).handle((text, refused) -> {
            assertTrue(refused.getCause() instanceof BusyException, String.valueOf(refused));
            return go.getAndSet(true); // one of them waits
        }).join();
        assertEquals(running.get(0).join(), running.get(1).join());
        assertEquals(1, more.stream().filter(each -> each.handle((text, refused) -> refused == null).join()).count());
    }

    @Test
    void whatHearsARequestCannotCloseItsModel() {
        assertThrows(IllegalStateException.class, () -> model.generate(PROMPTS, Generation.greedy(8),
                (piece, row) -> model.close(), () -> false));
    }

    @Test
    void aClosedModelSaysSo() {
        model.close();
        String said = assertThrows(IllegalStateException.class, () -> model.generate("y", Generation.greedy(3)))
                .getMessage();
        assertTrue(said.endsWith("is closed. Open it again."), said);
        assertThrows(IllegalStateException.class, model::parameterNames);
    }

    @Test
    void closingStopsRequestsUnderWay() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<List<String>> running = CompletableFuture.supplyAsync(() -> model.generate(PROMPTS,
                Generation.greedy(40), (piece, row) -> begun.countDown(), () -> false), CLIENTS);
        begun.await();
        model.close();
        assertTrue(assertThrows(CompletionException.class, running::join).getCause() instanceof StoppedException);
    }
}
