package io.ballast;

import io.ballast.plugin.Services;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All who hear a run: who started it, and the listeners on the class path. One that throws is heard of once. */
final class RunListeners implements RunListener {
    private static final Logger LOG = LoggerFactory.getLogger(RunListeners.class);

    private final List<RunListener> all = new ArrayList<>();
    private final Set<RunListener> failed = new HashSet<>();

    private RunListeners(RunListener given) {
        all.add(given);
    }

    /** New ones for each run, so that each listener may keep what it heard of its run. */
    static RunListener of(RunListener given) {
        RunListeners listeners = new RunListeners(given);
        try {
            listeners.all.addAll(Services.of(RunListener.class));
        } catch (PluginException broken) {
            LOG.warn("A run goes on without the listeners on the class path: {}", broken.getMessage());
        }
        return listeners;
    }

    @Override
    public void event(RunEvent event) {
        all.forEach(listener -> tell(listener, event));
    }

    private void tell(RunListener listener, RunEvent event) {
        try {
            listener.event(event);
        } catch (RuntimeException broken) {
            if (failed.add(listener)) {
                LOG.warn("{} failed at the event '{}' and may at others; the run goes on",
                        listener.getClass().getName(), event.type(), broken);
            }
        }
    }
}
