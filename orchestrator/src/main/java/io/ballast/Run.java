package io.ballast;

import io.ballast.python.Answers;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** A run that was started: a handle to wait for it or to stop it. Safe for use by many threads. */
public final class Run {
    private final Path folder;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final CompletableFuture<Result> future = new CompletableFuture<>();

    private final BooleanSupplier onRunsThread;

    /** @param onRunsThread whether whoever asks is on the thread that runs go on */
    Run(Path folder, BooleanSupplier onRunsThread) {
        this.folder = folder;
        this.onRunsThread = onRunsThread;
    }

    /** @throws IllegalStateException on the thread of the runs, where nothing would come of waiting */
    static void checkMayWait(BooleanSupplier onRunsThread, String what) {
        if (onRunsThread.getAsBoolean()) {
            throw new IllegalStateException("A run's listener cannot wait " + what + ": runs go on on its thread. Do it"
                    + " on another thread, or with Run.future().");
        }
    }

    /** @return the run's folder; what is in it is complete once the run ended */
    public Path folder() {
        return folder;
    }

    /**
     * Asks the run to end after the current step or batch; returns at once, and does nothing once the run has ended. The
     * run then writes what it has, with status {@code stopped}, and {@link #result()} throws {@link StoppedException}.
     */
    public void cancel() {
        cancelled.set(true);
    }

    /** @return whether {@link #cancel()} was called */
    public boolean isCancelled() {
        return cancelled.get();
    }

    /**
     * The result when it comes; it completes exceptionally with the {@link BallastException} of a
     * run that failed or was stopped. Completing it from outside does not end the run.
     *
     * @return a copy of the run's own future
     */
    public CompletableFuture<Result> future() {
        return future.copy();
    }

    /**
     * Waits for the end.
     *
     * @return the result of a completed run
     * @throws BallastException      when the run failed or was stopped; the folder then holds what there is
     * @throws IllegalStateException when a run's listener asks before the run ended: it would wait for itself
     */
    public Result result() {
        if (!future.isDone()) {
            checkMayWait(onRunsThread, "for the end of a run");
        }
        return Answers.join(future);
    }

    void complete(Result result) {
        future.complete(result);
    }

    void fail(Throwable cause) {
        future.completeExceptionally(cause);
    }
}
