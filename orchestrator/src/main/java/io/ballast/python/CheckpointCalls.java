package io.ballast.python;

import static io.ballast.python.BridgeValues.handle;

import java.nio.file.Path;

/**
 * The functions of {@code ballast.bridge} that write where a model and a phase stand, and put them back there. See the
 * package for the rules on threads and errors.
 */
public final class CheckpointCalls {
    private final Bridge bridge;

    CheckpointCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Writes what of a model is trained.
     *
     * @param model its handle
     * @param folder where to, in safetensors; all ranks name the same, which is not there yet
     */
    public void saveParameters(long model, Path folder) {
        bridge.invoke("save_parameters", model, folder.toString());
    }

    /**
     * Puts a model where {@link #saveParameters} found it.
     *
     * @param model its handle
     * @param folder what was written
     * @throws io.ballast.InvalidInputException when it is of another model
     */
    public void loadParameters(long model, Path folder) {
        bridge.invoke("load_parameters", model, folder.toString());
    }

    /**
     * Writes a phase between two steps, with the model's parameters and all random states.
     *
     * @param model its model's handle
     * @param phase its handle
     * @param folder where to, in safetensors; all ranks name the same, which is not there yet
     */
    public void savePhase(long model, long phase, Path folder) {
        bridge.invoke("save_phase", model, phase, folder.toString());
    }

    /**
     * Copies to the CPU's memory what {@link #savePhase} writes, and lets a thread write it: the phase may go on.
     *
     * @param model its model's handle
     * @param phase its handle
     * @param folder where to, in safetensors; all ranks name the same, which is not there yet
     * @return a handle for {@link #hasSaved}
     */
    public long savePhaseAsync(long model, long phase, Path folder) {
        return handle(bridge.invoke("save_phase_async", model, phase, folder.toString()));
    }

    /**
     * Whether all is written that {@link #savePhaseAsync} began to write.
     *
     * @param saving its handle, which is released when all is written or has failed
     * @return whether it is; fails as the writing failed
     */
    public boolean hasSaved(long saving) {
        return (Boolean) bridge.invoke("has_saved", saving);
    }

    /**
     * Puts a phase where {@link #savePhase} found it.
     *
     * @param model its model's handle
     * @param phase its handle; it was begun with the same settings, on the model as it was at the phase's start
     * @param folder what was written
     * @throws io.ballast.InvalidInputException when it is of another phase
     */
    public void loadPhase(long model, long phase, Path folder) {
        bridge.invoke("load_phase", model, phase, folder.toString());
    }
}
