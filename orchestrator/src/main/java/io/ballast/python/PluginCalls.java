package io.ballast.python;

import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.list;
import static io.ballast.python.BridgeValues.number;

import java.util.List;

/**
 * The functions of {@code ballast.bridge} about plug-ins in Python, {@code package.module:Name}. Rows and items cross
 * as JSON texts. What goes wrong in a plug-in is an {@link io.ballast.PluginException} with its file and line. See the
 * package for the rules on threads; a handle is released by {@link Bridge#release(long)}.
 */
public final class PluginCalls {
    private final Bridge bridge;

    PluginCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * From now on plug-ins are looked for in these folders too, besides the working directory and Python's path.
     *
     * @param folders in this order
     * @param seconds that a call of one, and its import, may take
     */
    public void lookIn(List<String> folders, double seconds) {
        bridge.invoke("look_for_plugins_in", folders, seconds);
    }

    /**
     * @param name of a function that makes rows of rows
     * @return its handle
     */
    public long openTransform(String name) {
        return handle(bridge.invoke("open_transform", name));
    }

    /**
     * @param transform its handle
     * @param rows      JSON: a list of objects
     * @return JSON Lines: an object for each row that it makes of them, which may be none
     */
    public String transform(long transform, String rows) {
        return (String) bridge.invoke("transform_rows", transform, rows);
    }

    /**
     * @param name of a function that makes a number of each item
     * @return its handle
     */
    public long openMetric(String name) {
        return handle(bridge.invoke("open_metric", name));
    }

    /**
     * @param metric its handle
     * @return whether a larger value is a better model
     */
    public boolean isHigherBetter(long metric) {
        return (Boolean) bridge.invoke("is_higher_better", metric);
    }

    /**
     * @param metric its handle
     * @param items  JSON: a list of objects, as {@code ballast.plugins.metric} states them
     * @return a finite number for each, in their order
     */
    public List<Double> values(long metric, String items) {
        return list(bridge.invoke("metric_values", metric, items)).stream().map(each -> number(each).doubleValue())
                .toList();
    }

    /**
     * @param name of a stopping rule
     * @return handle of a rule for one phase
     */
    public long openStoppingRule(String name) {
        return handle(bridge.invoke("open_stopping_rule", name));
    }

    /**
     * @param rule   its handle
     * @param step   optimizer steps made
     * @param losses nats per token at each look so far
     * @return why the phase should end now, or null
     */
    public String reasonToStop(long rule, long step, List<Double> losses) {
        return (String) bridge.invoke("reason_to_stop", rule, step, losses);
    }
}
