package io.ballast.checkpoint;

import java.nio.file.Path;

/**
 * A checkpoint that was found whole.
 *
 * @param folder its folder
 * @param state  what it says
 */
public record Checkpoint(Path folder, CheckpointState state) {
    /** @return tensors of the phase that {@link CheckpointState#inside} is about */
    public Path phase() {
        return folder.resolve(CheckpointStore.TENSORS);
    }

    /** @return the trained parameters at the end of what is passed; null where nothing was trained */
    public Path model() {
        return state.model() == null ? null : folder.resolveSibling(state.model());
    }
}
