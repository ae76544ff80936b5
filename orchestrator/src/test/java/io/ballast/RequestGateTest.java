package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class RequestGateTest {
    @Test
    void requestsComeInInTheOrderTheyCame() throws InterruptedException {
        RequestGate gate = new RequestGate(1, 10, Duration.ofMinutes(1));
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int number = i;
            Thread thread = new Thread(() -> gate.run(() -> false, request -> {
                inside.countDown();
                await(go);
                return order.add(number);
            }));
            thread.start();
            inside.await();
            while (i > 0 && thread.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            threads.add(thread);
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(0, 1, 2, 3, 4), order);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRequestThatTakesTooLongIsStoppedWhereItAsks() {
        RequestGate gate = new RequestGate(1, 0, Duration.ofMillis(30));
        assertTrue(assertThrows(TimeLimitException.class, () -> gate.run(() -> false, request -> {
            while (true) {
                request.check();
            }
        })).getMessage().contains("at most 30 ms"));
        assertEquals("free again", gate.run(() -> false, request -> "free again"));
    }

    @Test
    void aRequestThatWaitsTooLongIsStopped() {
        RequestGate gate = new RequestGate(1, 1, Duration.ofMillis(50));
        gate.run(() -> false, request -> assertThrows(TimeLimitException.class,
                () -> gate.run(() -> false, never -> "never")));
        assertEquals("free again", gate.run(() -> false, request -> "free again"));
    }

    @Test
    void aFailedRequestGivesItsPlaceBack() {
        RequestGate gate = new RequestGate(1, 0, Duration.ofMinutes(1));
        for (int i = 0; i < 3; i++) {
            assertThrows(IllegalArgumentException.class, () -> gate.run(() -> false, request -> {
                throw new IllegalArgumentException("wrong");
            }));
        }
        gate.run(() -> false, request -> assertThrows(BusyException.class, () -> gate.run(() -> false, more -> "more")));
    }
}
