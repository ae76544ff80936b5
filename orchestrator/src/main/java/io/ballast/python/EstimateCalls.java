package io.ballast.python;

import static io.ballast.python.BridgeValues.list;
import static io.ballast.python.BridgeValues.map;

import io.ballast.InvalidInputException;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} about what training would hold, before a weight is loaded. See the package for
 * the rules on threads and errors.
 */
public final class EstimateCalls {
    private final Bridge bridge;

    EstimateCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Estimates the memory of phases of training without loading a model's weights.
     *
     * @param model                 its folder
     * @param dtype                 of the forward and backward passes
     * @param gradientCheckpointing whether activations are computed again in the backward pass
     * @param adapter               its settings, or null
     * @param phases                of each "rows", "length" and "settings"
     * @param device                auto, cpu, cuda or cuda:N
     * @return what {@code ballast.training.estimate.estimate} says
     * @throws InvalidInputException when there is no such model, or the adapter's size depends on the weights
     */
    public Map<String, Object> phases(Path model, String dtype, boolean gradientCheckpointing,
            Map<String, Object> adapter, List<Map<String, Object>> phases, String device) {
        return map(bridge.invoke("estimate", model.toString(), dtype, gradientCheckpointing, adapter, phases, device));
    }

    /**
     * Estimates what one of several ranks holds in the phase that holds most.
     *
     * @param model                 as in {@link #phases}, as the next five
     * @param dtype                 of the forward and backward passes
     * @param gradientCheckpointing whether activations are computed again
     * @param adapter               its settings, or null
     * @param phases                of each "rows", "length" and "settings"
     * @param device                auto, cpu, cuda or cuda:N
     * @param ranks                 how many there would be together, each two or more
     * @return for each of these what {@code ballast.training.estimate.estimate_ranks} says
     * @throws InvalidInputException as in {@link #phases}
     */
    public List<Map<String, Object>> ranks(Path model, String dtype, boolean gradientCheckpointing,
            Map<String, Object> adapter, List<Map<String, Object>> phases, String device, List<Integer> ranks) {
        return list(bridge.invoke("estimate_ranks", model.toString(), dtype, gradientCheckpointing, adapter, phases, device,
                ranks)).stream().map(BridgeValues::map).toList();
    }
}
