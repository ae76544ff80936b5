package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.map;
import static io.ballast.python.BridgeValues.texts;
import static io.ballast.python.BridgeValues.withBuffer;

import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} about anchors, and about measuring importance outside of training. See the
 * package for the rules on threads, buffers and errors; a handle is released by {@link Bridge#release(long)}.
 */
public final class AnchorCalls {
    private final Bridge bridge;

    AnchorCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Opens an anchor without a model, to look at it.
     *
     * @param folder its folder
     * @return its handle
     */
    public long openToRead(Path folder) {
        return handle(bridge.invoke("open_anchor_to_read", folder.toString()));
    }

    /**
     * Names of the tensors that have an importance.
     *
     * @param anchor its handle
     * @return parameters, or adapted matrices
     */
    public List<String> names(long anchor) {
        return texts(bridge.invoke("anchor_names", anchor));
    }

    /**
     * Begins to measure importance where a model stands.
     *
     * @param model  its handle
     * @param kind   what the method's description names as its importance
     * @param labels data or sampled
     * @param seed   of the labels drawn
     * @return the measurement's handle
     */
    public long beginMeasurement(long model, String kind, String labels, long seed) {
        return handle(bridge.invoke("begin_measurement", model, kind, labels, seed));
    }

    /**
     * Measures the documents of one batch.
     *
     * @param measurement its handle
     * @param slot   the batch, laid out as {@code io.ballast.data.BatchSlot} states; borrowed for the call
     * @param rows   rows in the batch
     * @param length positions in a row
     * @param packed whether a row holds more than one document
     */
    public void addSamples(long measurement, LongBuffer slot, int rows, int length, boolean packed) {
        withBuffer(slot, () -> bridge.invoke("add_samples", measurement, array(slot, slot.capacity()), rows, length,
                packed));
    }

    /**
     * Makes the anchor of a measurement, at the model as it stands.
     *
     * @param measurement      its handle
     * @param referenceIsBase  whether the model stands where it was opened
     * @param layerCoefficients paper, scaled or uniform
     * @param layers           block or parameter
     * @param normalize        mean or none
     * @return the anchor's handle
     */
    public long finishMeasurement(long measurement, boolean referenceIsBase, String layerCoefficients, String layers,
            String normalize) {
        return handle(bridge.invoke("finish_measurement", measurement, referenceIsBase, layerCoefficients, layers,
                normalize));
    }

    /**
     * What an anchor holds.
     *
     * @param anchor its handle
     * @return method, bytes, importanceBytes, modelBytes, storage, storageError, sumOmega, clampedShare, xi, samples
     *         (each of these null where the method has none), alphaEntropy and layers
     */
    public Map<String, Object> info(long anchor) {
        return map(bridge.invoke("anchor_info", anchor));
    }

    /**
     * Makes the anchor that would be read back from a storage.
     *
     * @param anchor  its handle, which stays good
     * @param storage float32, bfloat16, int8, sparse or factored
     * @param share   of sparse storage, the share of each matrix that is kept one by one
     * @return the handle of another anchor, which is saved in that storage
     */
    public long store(long anchor, String storage, double share) {
        return handle(bridge.invoke("store_anchor", anchor, storage, share));
    }

    /**
     * Compares two anchors of one model.
     *
     * @param first  its folder
     * @param second its folder
     * @return facts (of each name, first, second, same), mean (of both), rankCorrelation, topOverlap, and layers (of
     *         each name, elements, rankCorrelation, topOverlap)
     * @throws io.ballast.InvalidInputException when one is none, or they are not of one model
     */
    public Map<String, Object> compare(Path first, Path second) {
        return map(bridge.invoke("compare_anchors", first.toString(), second.toString()));
    }

    /**
     * Merges anchors of one base model, and saves the merged one.
     *
     * @param anchors their folders, in the order in which they were made; θ* is the last one's
     * @param rule    separate, sum, mean, maximum or decay
     * @param decay   of the rule decay, what an anchor's importance is worth one anchor later; else null
     * @param storage as of {@link #store}
     * @param share   as of {@link #store}
     * @param folder  where to
     * @return as of {@link #info}
     * @throws io.ballast.InvalidInputException when one is none, they are not of one base model, or rule and decay do not fit
     */
    public Map<String, Object> merge(List<Path> anchors, String rule, Double decay, String storage,
            double share, Path folder) {
        return map(bridge.invoke("merge_anchors", anchors.stream().map(Path::toString).toList(), rule, decay, storage,
                share, folder.toString()));
    }

    /**
     * Makes the anchor that the next domain is held by.
     *
     * @param model    its handle, at the end of a domain, its adapter carried on
     * @param phase    handle of the domain's phase
     * @param previous handle of the anchor that the domain was held by; it stays good
     * @param measured handle of the domain's own, or 0 where θ* alone is carried on; it stays good
     * @param rule     separate, sum, mean, maximum or decay
     * @param decay    of the rule decay, else null
     * @return the handle of another anchor
     * @throws io.ballast.InvalidInputException when the rule does not fit the anchors
     */
    public long carryOn(long model, long phase, long previous, long measured, String rule, Double decay) {
        return handle(bridge.invoke("carry_anchor_on", model, phase, previous, measured, rule, decay));
    }

    /**
     * Writes an anchor.
     *
     * @param anchor     its handle
     * @param folder     where to
     * @param provenance hashes and settings that go into anchor.json
     */
    public void save(long anchor, Path folder, Map<String, Object> provenance) {
        bridge.invoke("save_anchor", anchor, folder.toString(), provenance);
    }

    /**
     * Opens an anchor for a model and puts the model where the anchor stands.
     *
     * @param folder    where it is
     * @param model     handle of the model it must belong to, freshly opened
     * @param baseModel hash of the model's weights, compared with the one that the anchor was made from
     * @param space     factors or effective
     * @param layerCoefficients how its layers are weighed now: paper, scaled, scaled-rms or uniform
     * @param layers    block or parameter
     * @param normalize mean or none
     * @return its handle
     */
    public long open(Path folder, long model, String baseModel, String space, String layerCoefficients,
            String layers, String normalize) {
        return handle(bridge.invoke("open_anchor", folder.toString(), model, baseModel, space, layerCoefficients,
                layers, normalize));
    }
}
