package io.ballast.python;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waiting for another thread's answer so that its exception arrives as it was, with both stacks. */
public final class Answers {
    private Answers() {
    }

    /**
     * Waits for an answer.
     *
     * @param answer of another thread
     * @param <T>    what it is
     * @return it
     * @throws RuntimeException what the other thread threw, with this thread's stack among the suppressed
     */
    public static <T> T join(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                cause.addSuppressed(new RuntimeException("called from here"));
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }
}
