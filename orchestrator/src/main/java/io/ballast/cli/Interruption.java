package io.ballast.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Ctrl-C and termination signals, while something runs that can stop in an orderly way. The JVM
 * answers them with its shutdown hooks, so the hook asks for the stop, waits until the command has
 * written and said everything, and then ends the process with the command's exit code.
 */
final class Interruption implements AutoCloseable {
    private static final CompletableFuture<Integer> EXIT_CODE = new CompletableFuture<>();

    private final AtomicReference<Runnable> stop = new AtomicReference<>(() -> { });
    private final Thread hook;
    private volatile boolean requested;

    Interruption(Output output) {
        hook = new Thread(() -> end(output), "ballast-interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** From now on a signal means this; one that came earlier, while something else was under way, does too. */
    void stopsBy(Runnable request) {
        stop.set(request);
        if (requested) {
            request.run();
        }
    }

    /** Whether a signal came. */
    boolean requested() {
        return requested;
    }

    private void end(Output output) {
        output.warn("Stopping after this step. What there is will be written.");
        requested = true; // before the look at what there is to stop: it may be replaced meanwhile
        stop.get().run();
        Runtime.getRuntime().halt(EXIT_CODE.join());
    }

    /** The command has said its last word. */
    static void commandEnded(int exitCode) {
        EXIT_CODE.complete(exitCode);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // the hook is at work and ends the process
        }
    }
}
