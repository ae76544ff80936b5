package io.ballast.cli;

import io.ballast.Ballast;
import io.ballast.BallastException;
import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunListener;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A run while somebody watches: its progress is shown, and a signal stops it after the current step.
 *
 * @param result of the completed run, as its file has it
 * @param folder of the run
 */
record WatchedRun(Result result, Path folder) {

    /**
     * Runs an experiment to its end.
     *
     * @throws BallastException when it failed or was stopped; a reader of {@code --json} has then been given
     *                          the result as far as it came
     */
    static WatchedRun of(Ballast ballast, Experiment experiment, Interruption interruption, Output output) {
        return of(ballast, experiment, interruption, output, RunListener.NONE);
    }

    /** The same with one more who hears the events. */
    static WatchedRun of(Ballast ballast, Experiment experiment, Interruption interruption, Output output,
            RunListener listener) {
        return of(ballast.start(experiment, shown(output, listener)), interruption, output);
    }

    /** Shows progress, and tells one more of it. */
    static RunListener shown(Output output, RunListener listener) {
        return new Progress(output).andThen(listener);
    }

    /** Watches a run that was started with a listener of its own to its end, in the same way. */
    static WatchedRun of(Run run, Interruption interruption, Output output) {
        interruption.stopsBy(run::cancel);
        Logging.into(run.folder());
        try {
            run.result();
            return new WatchedRun(Result.read(run.folder()), run.folder());
        } catch (BallastException e) {
            output.note("What there is: " + run.folder());
            if (output.isJson() && Files.exists(run.folder().resolve(Result.FILE))) {
                output.answer(Result.read(run.folder())::toJson, () -> "");
            }
            throw e;
        }
    }
}
