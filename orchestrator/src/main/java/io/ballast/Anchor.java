package io.ballast;

import io.ballast.python.AnchorCalls;
import io.ballast.python.Bridge;
import io.ballast.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a domain phase needs to remember the general task: the importance Ω of every parameter, the reference θ*, and how
 * both came about. Many threads may use one anchor.
 */
public final class Anchor implements AutoCloseable {
    private final Bridge bridge;
    private final Path folder;
    private final long handle;

    private Anchor(Bridge bridge, Path folder, long handle) {
        this.bridge = bridge;
        this.folder = folder;
        this.handle = handle;
    }

    static Anchor open(Bridge bridge, Path folder) {
        return new Anchor(bridge, folder, bridge.anchors().openToRead(folder));
    }

    /** @return where it lies */
    public Path folder() {
        return folder;
    }

    /** @return of what and how it was measured, layers with norms and α, sizes: as {@code ballast inspect --json} */
    public Map<String, Object> description() {
        return calls().info(handle);
    }

    /** @return names of the tensors that have an importance: parameters, or adapted matrices */
    public List<String> names() {
        return calls().names(handle);
    }

    /**
     * Importance of a parameter as it was measured.
     *
     * @param name of {@link #names()}
     * @return Ω in float32, of the parameter's shape, to be closed; unpacked where it is stored in fewer bits
     * @throws InvalidInputException when there is none of this name
     */
    public Tensor importance(String name) {
        return bridge.tensors().ofAnchor(handle, "importance", name);
    }

    /**
     * Where a parameter is held.
     *
     * @param name of {@link #names()}
     * @return θ* in float32, of the parameter's shape, to be closed
     * @throws InvalidInputException when there is none of this name, or the reference is the base model itself
     */
    public Tensor reference(String name) {
        return bridge.tensors().ofAnchor(handle, "reference", name);
    }

    private AnchorCalls calls() {
        return bridge.anchors();
    }

    /** Frees it; tensors stay readable. May be called twice. */
    @Override
    public void close() {
        bridge.release(handle);
    }
}
