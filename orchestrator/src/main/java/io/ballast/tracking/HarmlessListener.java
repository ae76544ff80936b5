package io.ballast.tracking;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a tracker, also on a thread of the tracker's own, where a run would not hear of its failures. They are logged by
 * the tracker's name, the first of each run as a warning.
 */
final class HarmlessListener implements RunListener {
    private static final Logger LOG = LoggerFactory.getLogger(HarmlessListener.class);

    private final String name;
    private final RunListener tracker;
    private volatile boolean warned;

    /**
     * @param name    what the warning calls the tracker
     * @param tracker hears the events, and may throw
     */
    HarmlessListener(String name, RunListener tracker) {
        this.name = Objects.requireNonNull(name, "name");
        this.tracker = Objects.requireNonNull(tracker, "tracker");
    }

    @Override
    public void event(RunEvent event) {
        warned &= !event.type().equals("started");
        attempt("the event '" + event.type() + "'", () -> tracker.event(event));
    }

    /** Does something for the tracker, on whatever thread. */
    void attempt(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            if (!warned) {
                LOG.warn("{} did not take {}; the run goes on, and its further failures are logged at debug level: {}",
                        name, what, e.toString());
            }
            warned = true;
            LOG.debug("{} did not take {}", name, what, e);
        }
    }
}
