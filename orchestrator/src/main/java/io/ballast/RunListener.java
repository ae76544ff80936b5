package io.ballast;

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
}
