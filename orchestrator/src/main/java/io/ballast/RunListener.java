package io.ballast;

import java.util.Objects;

/**
 * Hears what happens in a run, on the run's own thread: what it does delays training. What it throws is logged once and
 * does not end the run.
 *
 * <p>A class that {@code META-INF/services/io.ballast.RunListener} names hears every run of the JVM and of the command
 * line: a new instance hears each run, whose event {@code started} has its name and folder.
 *
 * <p>Of a run that is resumed a listener hears {@code started} again, with the time of the first one, then
 * {@code phase} of the phase that it goes on in, with the steps made before; then what is new. Neither is written to
 * {@code events.jsonl} twice.
 */
@FunctionalInterface
public interface RunListener {
    /** A listener that hears nothing. */
    RunListener NONE = event -> { };

    /**
     * Called for each event in order.
     *
     * @param event what happened
     */
    void event(RunEvent event);

    /**
     * A listener that tells this one, then another.
     *
     * @param next hears each event after this listener
     * @return both
     */
    default RunListener andThen(RunListener next) {
        Objects.requireNonNull(next, "next");
        return event -> {
            event(event);
            next.event(event);
        };
    }
}
