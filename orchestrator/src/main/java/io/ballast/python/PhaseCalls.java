package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.map;
import static io.ballast.python.BridgeValues.withBuffer;

import java.nio.LongBuffer;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} about a phase of training. See the package for the rules on threads, buffers
 * and errors; a handle is released by {@link Bridge#release(long)}.
 */
public final class PhaseCalls {
    private final Bridge bridge;

    PhaseCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Begins a phase: optimizer, schedule, and the method against forgetting or the importance meter.
     *
     * @param model    its handle
     * @param settings the phase's settings, by the names of {@code ballast.PhaseSettings}
     * @return the phase's handle
     */
    public long begin(long model, Map<String, Object> settings) {
        return handle(bridge.invoke("begin_phase", model, settings));
    }

    /**
     * One micro-batch forward and backward.
     *
     * @param phase       its handle
     * @param slot        the batch, laid out as {@code io.ballast.data.BatchSlot} states; borrowed for the call
     * @param rows        rows in the batch
     * @param length      positions in a row
     * @param packed      whether a row holds more than one document
     * @param stepTargets scored targets in all micro-batches of this optimizer step; the loss is their mean
     */
    public void forwardBackward(long phase, LongBuffer slot, int rows, int length, boolean packed, long stepTargets) {
        withBuffer(slot, () -> bridge.invoke("forward_backward", phase, array(slot, slot.capacity()), rows, length,
                packed, stepTargets));
    }

    /**
     * One micro-batch for the path integral alone, where its gradient is independent; before the step.
     *
     * @param phase       its handle
     * @param slot        rows that the step does not see, laid out as for {@link #forwardBackward}; borrowed for the
     *                    call
     * @param rows        rows in the batch
     * @param length      positions in a row
     * @param packed      whether a row holds more than one document
     * @param stepTargets scored targets in all micro-batches of this measurement
     */
    public void measureBackward(long phase, LongBuffer slot, int rows, int length, boolean packed, long stepTargets) {
        withBuffer(slot, () -> bridge.invoke("measure_backward", phase, array(slot, slot.capacity()), rows, length,
                packed, stepTargets));
    }

    /**
     * Keeps what a pass over the micro-batches of a step changes, for {@link #undoPass}.
     *
     * @param phase its handle
     */
    public void beginPass(long phase) {
        bridge.invoke("begin_pass", phase);
    }

    /**
     * Forgets the micro-batches since {@link #beginPass}, after memory ran out in one of them.
     *
     * @param phase its handle
     */
    public void undoPass(long phase) {
        bridge.invoke("undo_pass", phase);
    }

    /**
     * Moves the parameters once.
     *
     * @param phase its handle
     */
    public void optimizerStep(long phase) {
        bridge.invoke("optimizer_step", phase);
    }

    /**
     * Looks at a phase; the only call of a phase that waits for the device.
     *
     * @param phase its handle
     * @return step, loss (mean since the last look, nats per target), learningRate, gradientNorm, penalty,
     *         nonFiniteStep (1-based, 0 for none) and nonFiniteMicroBatch
     */
    public Map<String, Object> progress(long phase) {
        return map(bridge.invoke("phase_progress", phase));
    }

    /**
     * Ends a phase and frees its optimizer state; the handle stays good for {@link #finishImportance}.
     *
     * @param phase its handle
     * @return steps, peakMemoryBytes and what the method reports
     */
    public Map<String, Object> end(long phase) {
        return map(bridge.invoke("end_phase", phase));
    }

    /**
     * Makes the anchor of a general phase.
     *
     * @param phase             its handle
     * @param xi                ξ, absolute or relative to the median squared move
     * @param relative          whether ξ is relative
     * @param reference         end or start; start puts the parameters back
     * @param layerCoefficients paper, scaled or uniform
     * @param layers            block or parameter
     * @param normalize         mean or none
     * @return the anchor's handle
     */
    public long finishImportance(long phase, double xi, boolean relative, String reference, String layerCoefficients,
            String layers, String normalize) {
        return handle(bridge.invoke("finish_importance", phase, xi, relative, reference, layerCoefficients, layers,
                normalize));
    }
}
