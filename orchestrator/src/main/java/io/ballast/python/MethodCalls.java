package io.ballast.python;

import static io.ballast.python.BridgeValues.list;
import static io.ballast.python.BridgeValues.map;

import io.ballast.InvalidInputException;

import java.util.List;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} about the methods against forgetting. See the package for the rules on threads
 * and errors.
 */
public final class MethodCalls {
    private final Bridge bridge;

    MethodCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * The methods against forgetting there are.
     *
     * @return of each name, summary, formula, paper, importance (what its anchor must have measured, path_integral,
     *         fisher or sensitivity; null for a method that needs no anchor), needs, forms, lambda (default by form)
     *         and options (of each name, type, default, meaning, choices, minimum)
     */
    public List<Map<String, Object>> describeAll() {
        return list(bridge.invoke("describe_methods")).stream().map(BridgeValues::map).toList();
    }

    /**
     * One method, which may be one's own, checked with its options.
     *
     * @param name    of the method, or package.module:ClassName
     * @param options its settings
     * @return as of {@link #describeAll()}
     * @throws InvalidInputException when there is no such method, or an option is wrong
     */
    public Map<String, Object> describe(String name, Map<String, Object> options) {
        return map(bridge.invoke("describe_method", name, options));
    }
}
