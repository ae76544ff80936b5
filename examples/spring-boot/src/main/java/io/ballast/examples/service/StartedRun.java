package io.ballast.examples.service;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.ballast.BallastException;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.StoppedException;

/** A run, its id and what was heard of it. */
record StartedRun(String id, Run run, RunEvents events) {
    /**
     * What is told of a run.
     *
     * @param status  unfinished, completed, stopped or failed
     * @param message why it stopped or failed, else null
     * @param result  {@code result.json} of a completed run, else null
     */
    record Status(String id, String status, String message, @JsonRawValue String result) {
    }

    Status status() {
        if (!run.future().isDone()) {
            return new Status(id, "unfinished", null, null);
        }
        return run.future().thenApply(this::completed).exceptionally(e -> ended(e.getCause())).join();
    }

    private Status completed(Result result) {
        return new Status(id, result.status(), null, result.toJson());
    }

    /** A message of Ballast's is for whoever asked; that of another exception need not be. */
    private Status ended(Throwable cause) {
        return new Status(id, cause instanceof StoppedException ? "stopped" : "failed",
                cause instanceof BallastException ? cause.getMessage() : "See the service's log.", null);
    }
}
