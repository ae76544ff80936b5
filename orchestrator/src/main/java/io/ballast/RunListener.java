package io.ballast;

import java.util.Objects;

/** Hears what happens in a run, on the run's own thread: what it does delays training. */
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
