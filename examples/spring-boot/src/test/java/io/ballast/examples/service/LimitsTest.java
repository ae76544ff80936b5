package io.ballast.examples.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.Ballast;
import io.ballast.Generation;
import io.ballast.Model;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** A service that lets in one run and one request at a time, for a millisecond. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestPropertySource(properties = {"service.waiting-runs=0", "service.requests-at-once=1",
    "service.waiting-requests=0", "service.time-limit=1ms"})
class LimitsTest extends ServiceClient {
    private static final String PROMPT = "{\"prompt\": \"Boat 3 went\", \"maxTokens\": 40}";

    @Autowired
    private Ballast ballast;

    @Test
    void oneRunTooManyIsAnsweredWith503() throws Exception {
        String id = start("only", 1_000_000);
        assertRefused(503, "at most 0 runs that wait", post("/runs", experiment("second", 1), "*/*").body());
        delete("/runs/" + id);
        events(id).forEach(event -> { });
        delete("/runs/" + start("third", 1)); // there is room again
    }

    @Test
    void oneRequestTooManyIsAnsweredWith503() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Model model = ballast.openModel(folder.resolve(MODEL))) {
            Future<?> occupant = other.submit(() -> model.generate(List.of("Boat"), Generation.greedy(1),
                    (piece, row) -> { }, () -> isStopped(inside, leave)));
            inside.await();
            assertRefused(503, "at most 1 requests at once and 0 that wait", post("/generate", PROMPT, "*/*").body());
            assertRefused(503, "at most 1 requests", post("/generate", PROMPT, "text/event-stream").body());
            leave.countDown();
            assertThrows(ExecutionException.class, occupant::get);
        } finally {
            other.shutdown();
        }
    }

    /** Asked when a request has its turn, which it keeps until then. */
    private static boolean isStopped(CountDownLatch inside, CountDownLatch leave) {
        inside.countDown();
        try {
            leave.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    @Test
    void anAnswerThatTakesTooLongIsAnsweredWith504() throws Exception {
        assertRefused(504, "a request of at most 1 ms", post("/generate", PROMPT, "*/*").body());
    }

    private static void assertRefused(int status, String reason, String problem) throws Exception {
        assertEquals(status, JSON.readTree(problem).get("status").asInt(), problem);
        assertTrue(JSON.readTree(problem).get("detail").asText().contains(reason), problem);
    }
}
