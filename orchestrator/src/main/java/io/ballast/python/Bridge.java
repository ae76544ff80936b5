package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.map;
import static io.ballast.python.BridgeValues.number;
import static io.ballast.python.BridgeValues.texts;
import static io.ballast.python.BridgeValues.withBuffer;

import io.ballast.BallastException;
import io.ballast.DeviceOutOfMemoryException;
import io.ballast.InvalidInputException;
import io.ballast.MissingEnvironmentException;
import io.ballast.PluginException;
import io.ballast.RankLostException;
import io.ballast.StoppedException;
import io.ballast.TrainingFailedException;
import io.ballast.ranks.Ranks;
import jep.JepException;

import java.nio.LongBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Every function of {@code ballast.bridge}, declared once with its types: by what they concern in {@link #models()},
 * {@link #scoring()}, {@link #phases()}, {@link #anchors()} and the others, and here what concerns the interpreter. See
 * the package for the rules on threads, buffers and errors.
 *
 * <p>A handle is a number that stands for an object in Python until {@link #release(long)} or
 * {@link #close()}.
 */
public final class Bridge implements AutoCloseable {
    private static final AtomicReference<Bridge> OPEN = new AtomicReference<>();

    private final Interpreter interpreter;
    private final Map<String, Object> versions;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile Ranks ranks = Ranks.ALONE;

    private Bridge(Interpreter interpreter, PythonEnvironment environment) {
        this.interpreter = interpreter;
        this.versions = map(invoke("initialize", environment.executable().toString(), new LogSink()));
        Versions.check(versions, environment.packagePath());
    }

    /**
     * Embeds Python, or takes over the interpreter that an earlier bridge left.
     *
     * @param environment the Python to embed
     * @return the bridge
     * @throws MissingEnvironmentException when Python cannot start
     * @throws IllegalStateException       when a bridge is open in this JVM already
     */
    public static synchronized Bridge open(PythonEnvironment environment) {
        if (OPEN.get() != null) {
            throw new IllegalStateException("A Ballast is open in this JVM already, and CPython is there once."
                    + " Share that one (Ballast.current()), or close it first; the one that DJL opened closes with the last"
                    + " DJL model that needs it.");
        }
        Bridge bridge = new Bridge(Interpreter.start(environment), environment);
        OPEN.set(bridge);
        return bridge;
    }

    /** @return versions by name: python, torch, transformers, peft, numpy, ballast; and the kernels in use on the CPU */
    public Map<String, Object> versions() {
        return versions;
    }

    /**
     * What does the passes over a model's parameters on its device; on a GPU it is compiled first.
     *
     * @param model its handle
     * @return implementation (native, cuda or reference), and the reason for it
     */
    public Map<String, Object> kernels(long model) {
        return map(invoke("describe_kernels", model));
    }

    // ---- the process

    /**
     * What is done when the JVM ends, before Python takes no more calls. It may use this bridge, and
     * the JVM waits for it.
     *
     * @param action replaces the one before
     */
    public void beforeEnd(Runnable action) {
        interpreter.beforeEnd(action);
    }

    /** @return names of the Python modules imported so far */
    public List<String> importedModules() {
        return texts(invoke("imported_modules"));
    }

    /** @return bytes by name: residentBytes, peakBytes, deviceBytes, devicePeakBytes */
    public Map<String, Object> memory() {
        return map(invoke("memory"));
    }

    /**
     * The address at which Python sees a buffer: the proof that it was not copied.
     *
     * @param buffer direct, native byte order
     * @return the address of its first element
     */
    public long address(LongBuffer buffer) {
        return withBuffer(buffer, () -> number(invoke("address", array(buffer, buffer.capacity()))).longValue());
    }

    /**
     * Forgets an object; {@link #close()} has forgotten all of them.
     *
     * @param handle what some call returned
     */
    public void release(long handle) {
        if (closed.get()) {
            return;
        }
        try {
            invoke("release", handle);
        } catch (StoppedException processIsEnding) {
            // the object goes with the process: what is closed at its end, by a hook of the application, is not wrong
        }
    }

    /** @return the functions about models, from where they lie to where they are saved */
    public ModelCalls models() {
        return new ModelCalls(this);
    }

    /** @return the functions about what a model makes of tokens: losses, log-probabilities, documents of its own */
    public ScoringCalls scoring() {
        return new ScoringCalls(this);
    }

    /** @return the functions about what training would hold, before a weight is loaded */
    public EstimateCalls estimates() {
        return new EstimateCalls(this);
    }

    /** @return the functions about the methods against forgetting */
    public MethodCalls methods() {
        return new MethodCalls(this);
    }

    /** @return the functions about TensorBoard logs */
    public ScalarCalls scalars() {
        return new ScalarCalls(this);
    }

    /**
     * What concerns a phase of training.
     *
     * @return the functions
     */
    public PhaseCalls phases() {
        return new PhaseCalls(this);
    }

    /**
     * What concerns anchors, and measuring importance outside of training.
     *
     * @return the functions
     */
    public AnchorCalls anchors() {
        return new AnchorCalls(this);
    }

    /** @return the functions that write where a model and a phase stand, and put them back */
    public CheckpointCalls checkpoints() {
        return new CheckpointCalls(this);
    }

    /** @return the processes that run together, of which this is one; alone until {@link #joinRanks()} */
    public Ranks ranks() {
        return ranks;
    }

    /**
     * Meets the other ranks, where the environment says that there are any (WORLD_SIZE); the first call waits for them.
     *
     * @return the ranks
     * @throws MissingEnvironmentException when they do not come in time
     */
    public Ranks joinRanks() {
        ranks = JoinedRanks.join(this);
        return ranks;
    }

    /** @return the functions that complete prompts some tokens at a time */
    public CompletionCalls completions() {
        return new CompletionCalls(this);
    }

    /** @return the functions that lend tensors */
    public TensorCalls tensors() {
        return new TensorCalls(this);
    }

    /** @return the functions that turn models into other forms */
    public ExportCalls exports() {
        return new ExportCalls(this);
    }

    /** @return the functions about evaluation tasks */
    public TaskCalls tasks() {
        return new TaskCalls(this);
    }

    /** @return the functions about the hub */
    public HubCalls hub() {
        return new HubCalls(this);
    }

    /** @return the functions about plug-ins in Python */
    public PluginCalls plugins() {
        return new PluginCalls(this);
    }

    /** Frees what this bridge held in Python. The interpreter stays. May be called twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            interpreter.beforeEnd(() -> { });
            if (interpreter.hasEnded()) {
                return;
            }
            interpreter.call(() -> interpreter.invoke("release_all"));
            OPEN.compareAndSet(this, null);
        }
    }

    /** What gives a lent tensor back: later, on Python's thread, also when this bridge was closed meanwhile. */
    Runnable returning(long lent) {
        Interpreter kept = interpreter;
        return () -> kept.later(() -> kept.invoke("give_back", lent));
    }

    Object invoke(String function, Object... arguments) {
        if (closed.get()) {
            throw new IllegalStateException("This Ballast is closed; " + function + " cannot be called. Open another.");
        }
        return interpreter.call(() -> {
            try {
                return interpreter.invoke(function, arguments);
            } catch (JepException e) {
                throw translate(e);
            }
        });
    }

    private BallastException translate(JepException e) {
        if (!(interpreter.invoke("last_error") instanceof Map<?, ?> error)) {
            return new PythonException("jep.JepException", e.getMessage(), "", e);
        }
        String message = String.valueOf(error.get("message"));
        return switch (String.valueOf(error.get("kind"))) {
            case "input" -> new InvalidInputException(message, e);
            case "plugin" -> new PluginException(message, e);
            case "environment" -> new MissingEnvironmentException(message, e);
            case "diverged" -> new TrainingFailedException(message, e);
            case "rank_lost" -> new RankLostException(message, e);
            case "out_of_memory" -> new DeviceOutOfMemoryException(message, e);
            default -> new PythonException(String.valueOf(error.get("type")), message,
                    String.valueOf(error.get("traceback")), e);
        };
    }

}
