package io.ballast;

import io.ballast.python.AnchorCalls;
import io.ballast.python.Bridge;
import io.ballast.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a domain phase needs to remember the general task: the importance Ω of every parameter, the reference θ*, and how
 * both came about. Many threads may use one anchor. A closed anchor that is asked anything throws
 * {@link IllegalStateException}.
 */
public final class Anchor implements AutoCloseable {
    private final Bridge bridge;
    private final Path folder;
    private final long handle;
    private volatile boolean closed;

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

    /**
     * How it was measured, and what of each layer.
     *
     * @return among others {@code method}, {@code layers} (a list of name, parameters, norm ‖Ω‖₂, rms and alpha), {@code
     *         bytes} and {@code modelBytes}; numbers are longs and doubles. What {@code anchor.json} says of model, data and
     *         settings, {@link io.ballast.artifacts.AnchorDescription} reads
     */
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
        return tensor("importance", name);
    }

    /**
     * Where a parameter is held.
     *
     * @param name of {@link #names()}
     * @return θ* in float32, of the parameter's shape, to be closed
     * @throws InvalidInputException when there is none of this name, or the reference is the base model itself
     */
    public Tensor reference(String name) {
        return tensor("reference", name);
    }

    private Tensor tensor(String kind, String name) {
        Objects.requireNonNull(name, "name");
        checkOpen();
        return bridge.tensors().ofAnchor(handle, kind, name);
    }

    private AnchorCalls calls() {
        checkOpen();
        return bridge.anchors();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The anchor in " + folder + " is closed. Open it again.");
        }
    }

    /** Frees it; tensors stay readable. May be called twice. */
    @Override
    public void close() {
        closed = true;
        bridge.release(handle);
    }
}
