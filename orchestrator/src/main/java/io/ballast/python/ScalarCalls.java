package io.ballast.python;

import static io.ballast.python.BridgeValues.handle;

import java.nio.file.Path;
import java.util.Map;

/** The functions of {@code ballast.bridge} about TensorBoard logs. */
public final class ScalarCalls {
    private final Bridge bridge;

    ScalarCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Opens a TensorBoard log.
     *
     * @param folder where to
     * @return its handle; releasing it closes the log
     */
    public long open(Path folder) {
        return handle(bridge.invoke("scalars_open", folder.toString()));
    }

    /**
     * Adds values to a TensorBoard log.
     *
     * @param scalars the log's handle
     * @param step    their step
     * @param values  value by tag
     */
    public void add(long scalars, long step, Map<String, Double> values) {
        bridge.invoke("scalars_add", scalars, step, values);
    }
}
