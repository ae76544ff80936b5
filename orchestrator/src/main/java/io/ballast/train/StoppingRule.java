package io.ballast.train;

import io.ballast.python.Bridge;
import java.util.ArrayList;
import java.util.List;

/** A phase's rule in Python that may end it before its last step. */
final class StoppingRule implements AutoCloseable {
    private final Bridge bridge;
    private final String name;
    private final long rule;
    private final List<Double> losses = new ArrayList<>();

    /** @param name of the rule; null for none, which never ends a phase */
    StoppingRule(Bridge bridge, String name) {
        this.bridge = bridge;
        this.name = name;
        this.rule = name == null ? 0 : bridge.plugins().openStoppingRule(name);
    }

    String name() {
        return name;
    }

    /**
     * Looks at a loss.
     *
     * @param step optimizer steps made
     * @param loss nats per token, the mean since the look before
     * @return why the phase should end now, or null
     */
    String reason(long step, double loss) {
        if (rule == 0) {
            return null;
        }
        losses.add(loss);
        return bridge.plugins().reasonToStop(rule, step, losses);
    }

    @Override
    public void close() {
        if (rule != 0) {
            bridge.release(rule);
        }
    }
}
