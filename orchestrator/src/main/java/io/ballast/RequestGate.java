package io.ballast;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Lets requests to models in: some at once, whose calls take turns on Python's thread, others wait in the order they
 * came, more than that are refused. A request is stopped between two calls.
 */
final class RequestGate {
    private final int atOnce;
    private final int waiting;
    private final Duration limit;
    private final Semaphore places;
    private final AtomicInteger inside = new AtomicInteger();

    /**
     * @param atOnce  requests whose calls take turns
     * @param waiting requests that may wait for them
     * @param limit   how long a request may take, waiting included
     */
    RequestGate(int atOnce, int waiting, Duration limit) {
        this.atOnce = atOnce;
        this.waiting = waiting;
        this.limit = limit;
        this.places = new Semaphore(atOnce, true);
    }

    /** A request under way, which must ask between two calls whether it may go on. */
    final class Request {
        private final long end = System.nanoTime() + limit.toNanos();
        private final BooleanSupplier stopped;

        Request(BooleanSupplier stopped) {
            this.stopped = stopped;
        }

        /**
         * Returns while the request may go on.
         *
         * @throws TimeLimitException when its time is over
         * @throws StoppedException   when it was stopped, or its thread interrupted
         */
        void check() {
            if (Thread.currentThread().isInterrupted()) {
                throw new StoppedException("The request was stopped: its thread was interrupted.");
            }
            if (stopped.getAsBoolean()) {
                throw new StoppedException("The request was stopped.");
            }
            if (left() <= 0) {
                throw late();
            }
        }

        private long left() {
            return end - System.nanoTime();
        }

        private void enter() {
            try {
                if (!places.tryAcquire(left(), TimeUnit.NANOSECONDS)) {
                    throw late();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoppedException("The request was stopped while it waited: its thread was interrupted.", e);
            }
        }

        private TimeLimitException late() {
            return new TimeLimitException("Expected a request of at most " + limit.toMillis() + " ms, waiting included;"
                    + " it took longer and was stopped. Ask for less, or raise Ballast.builder().timeLimit(…).");
        }
    }

    /**
     * Does the work of a request when its turn comes.
     *
     * @param stopped is asked between two calls
     * @param work    is given the request, which it must ask often
     * @return what the work returns
     * @throws BusyException      when too many wait
     * @throws TimeLimitException when it took too long
     * @throws StoppedException   when it was stopped
     */
    <T> T run(BooleanSupplier stopped, Function<Request, T> work) {
        Request request = new Request(stopped);
        if (inside.incrementAndGet() > atOnce + waiting) {
            inside.decrementAndGet();
            throw new BusyException("Expected at most " + atOnce + " requests at once and " + waiting
                    + " that wait; found them all taken. Try again later, or raise"
                    + " Ballast.builder().waitingRequests(…).");
        }
        try {
            request.enter();
            try {
                request.check();
                return work.apply(request);
            } finally {
                places.release();
            }
        } finally {
            inside.decrementAndGet();
        }
    }
}
