package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.list;
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
import jep.DirectNDArray;
import jep.JepException;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Every function of {@code ballast.bridge}, declared once with its types: here, and by what they concern in
 * {@link #phases()}, {@link #anchors()}, {@link #tasks()}, {@link #hub()} and {@link #plugins()}, among others. See the
 * package for the rules on threads, buffers and errors.
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

    // ---- models

    /**
     * Opens a Hugging Face causal language model.
     *
     * @param folder                the model's folder
     * @param dtype                 float32 or bfloat16 (autocast)
     * @param device                auto, cpu, cuda or cuda:N
     * @param gradientCheckpointing whether activations are recomputed
     * @param seed                  of dropout
     * @return its handle
     */
    public long openModel(Path folder, String dtype, String device, boolean gradientCheckpointing, long seed) {
        return openModel(folder, dtype, device, gradientCheckpointing, seed, null);
    }

    /**
     * Opens a model, if need be with its linear layers in 4 or 8 bits.
     *
     * @param folder                a Hugging Face model folder, or that of a PEFT adapter
     * @param dtype                 float32 or bfloat16 (autocast)
     * @param device                auto, cpu, cuda or cuda:N
     * @param gradientCheckpointing whether activations are recomputed
     * @param seed                  of dropout
     * @param bits                  in which linear layers are held, 4 or 8, for an adapter to be trained on; null: whole
     * @return its handle
     * @throws MissingEnvironmentException when {@code bits} and there is no bitsandbytes
     */
    public long openModel(Path folder, String dtype, String device, boolean gradientCheckpointing, long seed,
            Integer bits) {
        return handle(invoke("open_model", folder.toString(), dtype, device, gradientCheckpointing, seed, bits));
    }

    /**
     * Opens a model that is not trained: the draws and the threads of training that goes on meanwhile stay as they are.
     *
     * @param folder a Hugging Face model folder, or that of a PEFT adapter
     * @param dtype  float32 or bfloat16 (autocast)
     * @param device auto, cpu, cuda or cuda:N
     * @return its handle
     */
    public long openModelToUse(Path folder, String dtype, String device) {
        return handle(invoke("open_model_to_use", folder.toString(), dtype, device));
    }

    /**
     * What a model is.
     *
     * @param model its handle
     * @return architecture, parameters, trainable, vocabularySize, maxLength, folder, tokenizerFolder, device,
     *         deviceName, dtype
     */
    public Map<String, Object> modelInfo(long model) {
        return map(invoke("model_info", model));
    }

    /**
     * Puts an adapter on a model.
     *
     * @param model    its handle
     * @param settings by the names of {@code ballast.adapters.AdapterSettings}
     * @param seed     of its initial values
     * @param samples  handle of general text for the kind that starts from it, else 0
     */
    public void addAdapter(long model, Map<String, Object> settings, long seed, long samples) {
        invoke("add_adapter", model, settings, seed, samples);
    }

    /**
     * Begins to gather documents for a model.
     *
     * @param model its handle
     * @return the gathering's handle
     */
    public long beginSamples(long model) {
        return handle(invoke("begin_samples", model));
    }

    /**
     * Keeps a copy of the documents of one batch.
     *
     * @param samples the gathering's handle
     * @param slot    the batch, laid out as {@code io.ballast.data.BatchSlot} states; borrowed for the call
     * @param rows    rows in the batch
     * @param length  positions in a row
     * @param packed  whether a row holds more than one document
     */
    public void addDocuments(long samples, LongBuffer slot, int rows, int length, boolean packed) {
        withBuffer(slot, () -> invoke("add_documents", samples, array(slot, slot.capacity()), rows, length, packed));
    }

    /**
     * Moves a trained model part of its way back.
     *
     * @param model    its handle
     * @param settings method, strength, layerCoefficients, layers and normalize
     * @param base     handle of the base model, for the methods that go back to it and a model trained whole; else 0
     * @param anchor   handle of the anchor, for the method that goes back to it; else 0
     */
    public void soften(long model, Map<String, Object> settings, long base, long anchor) {
        invoke("soften", model, settings, base, anchor);
    }

    /**
     * Writes a model as a Hugging Face checkpoint with its tokenizer, or its adapter as PEFT does.
     *
     * @param model  its handle
     * @param folder where to
     */
    public void saveModel(long model, Path folder) {
        invoke("save_model", model, folder.toString());
    }

    // ---- training

    // ---- anchors

    /**
     * The methods against forgetting there are.
     *
     * @return of each name, summary, formula, paper, importance (what its anchor must have measured, path_integral,
     *         fisher or sensitivity; null for a method that needs no anchor), needs, forms, lambda (default by form)
     *         and options (of each name, type, default, meaning, choices, minimum)
     */
    public List<Map<String, Object>> describeMethods() {
        return list(invoke("describe_methods")).stream().map(BridgeValues::map).toList();
    }

    /**
     * One method, which may be one's own, checked with its options.
     *
     * @param name    of the method, or package.module:ClassName
     * @param options its settings
     * @return as of {@link #describeMethods()}
     * @throws InvalidInputException when there is no such method, or an option is wrong
     */
    public Map<String, Object> describeMethod(String name, Map<String, Object> options) {
        return map(invoke("describe_method", name, options));
    }

    /**
     * Prepares the adapter for the next domain.
     *
     * @param model its handle
     * @param way   continue, stack or merge
     * @param seed  of a new adapter's initial values
     * @throws InvalidInputException when the adapter is of a kind that cannot be folded
     */
    public void carryAdapterOn(long model, String way, long seed) {
        invoke("carry_adapter_on", model, way, seed);
    }

    /**
     * Lets a model write documents.
     *
     * @param model       its handle
     * @param firstToken  what each document begins with; not written
     * @param endToken    what ends a document; not written
     * @param temperature divides the logits
     * @param topP        nucleus
     * @param seed        of all draws
     * @param rows        how many documents
     * @param tokens      most tokens in a document
     * @param output      [rows, tokens] ids, −1 after a document's end; filled during the call
     */
    public void generate(long model, int firstToken, int endToken, double temperature, double topP, long seed, int rows,
            int tokens, LongBuffer output) {
        withBuffer(output, () -> invoke("generate", model, firstToken, endToken, temperature, topP, seed, rows, tokens,
                array(output, output.capacity())));
    }

    /**
     * Completes prompts, as lm-eval does.
     *
     * @param model     its handle
     * @param tokenizer folder of the model's tokenizer
     * @param prompts   ids [rows, length], padded on the left, then [rows] lengths; borrowed for the call
     * @param rows      how many prompts
     * @param length    tokens of the longest
     * @param until     stop strings; the tokenizer's EOS is one more
     * @param maxTokens most tokens of a completion
     * @param decoding  keyword arguments of transformers' {@code generate}
     * @param seed      of draws, if there are any
     * @return one text for each prompt, cut at the stop strings
     * @throws TrainingFailedException when the model answers NaN
     */
    public List<String> complete(long model, Path tokenizer, LongBuffer prompts, int rows, int length,
            List<String> until, int maxTokens, Map<String, Object> decoding, long seed) {
        return withBuffer(prompts, () -> texts(invoke("complete", model, tokenizer.toString(),
                array(prompts, prompts.capacity()), rows, length, until, maxTokens, decoding, seed)));
    }

    // ---- evaluation

    /**
     * Says how many tokens a model reads at once.
     *
     * @param model its folder
     * @return tokens
     */
    public int contextWindow(Path model) {
        return number(invoke("context_window", model.toString())).intValue();
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
     * @return what {@code ballast.estimate.estimate} says
     * @throws InvalidInputException when there is no such model, or the adapter's size depends on the weights
     */
    public Map<String, Object> estimate(Path model, String dtype, boolean gradientCheckpointing,
            Map<String, Object> adapter, List<Map<String, Object>> phases, String device) {
        return map(invoke("estimate", model.toString(), dtype, gradientCheckpointing, adapter, phases, device));
    }

    /**
     * Estimates what one of several ranks holds in the phase that holds most.
     *
     * @param model                 as in {@link #estimate}, as the next five
     * @param dtype                 of the forward and backward passes
     * @param gradientCheckpointing whether activations are computed again
     * @param adapter               its settings, or null
     * @param phases                of each "rows", "length" and "settings"
     * @param device                auto, cpu, cuda or cuda:N
     * @param ranks                 how many there would be together, each two or more
     * @return for each of these what {@code ballast.estimate.estimate_ranks} says
     * @throws InvalidInputException as in {@link #estimate}
     */
    public List<Map<String, Object>> estimateRanks(Path model, String dtype, boolean gradientCheckpointing,
            Map<String, Object> adapter, List<Map<String, Object>> phases, String device, List<Integer> ranks) {
        return list(invoke("estimate_ranks", model.toString(), dtype, gradientCheckpointing, adapter, phases, device,
                ranks)).stream().map(BridgeValues::map).toList();
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

    /**
     * Has the blocks of a model compiled for training, at its first step.
     *
     * @param model its handle, with its adapter
     */
    public void compileBlocks(long model) {
        invoke("compile_blocks", model);
    }

    /**
     * Spreads a model over the ranks; nothing happens where there is one.
     *
     * @param model   its handle, with its adapter
     * @param offload whether what is not used stays on the CPU
     * @throws InvalidInputException when the model or this machine cannot do it
     */
    public void shardModel(long model, boolean offload) {
        invoke("shard_model", model, offload);
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

    // ---- scoring and the rest

    /**
     * Asks what a model can read once for several token rows, by trying it on a few tokens.
     *
     * @param model its handle
     * @return nothing, branches or prefixes
     */
    public String sharing(long model) {
        return (String) invoke("sharing", model);
    }

    /**
     * Reads what many token rows begin with.
     *
     * @param model  handle of the model
     * @param ids    the tokens; borrowed for the call
     * @param length how many
     * @return the handle of its keys and values, for {@link #releasePrefix}
     */
    public long readPrefix(long model, LongBuffer ids, int length) {
        return withBuffer(ids, () -> handle(invoke("read_prefix", model, array(ids, ids.capacity()), length)));
    }

    /**
     * Frees keys and values.
     *
     * @param prefix their handle
     */
    public void releasePrefix(long prefix) {
        invoke("release_prefix", prefix);
    }

    /**
     * Log-probabilities of a batch's targets.
     *
     * @param model    its handle
     * @param prefix   handle of what all rows continue, or 0
     * @param slot     the batch, laid out as {@code io.ballast.eval.ScoringBatch} states; borrowed for the call
     * @param rows     rows in the batch
     * @param length   positions in a row
     * @param targets  how many there are
     * @param branched whether a row has branches, which see their context and themselves
     * @param output   [2, targets]: log-probability in nats, and 1 where the target is the most likely token
     */
    public void score(long model, long prefix, LongBuffer slot, int rows, int length, int targets, boolean branched,
            FloatBuffer output) {
        withBuffer(slot, () -> withBuffer(output, () -> invoke("score", model, prefix, array(slot, slot.capacity()),
                rows, length, targets, branched, new DirectNDArray<>(output, output.capacity()))));
    }

    /**
     * Summed cross entropy of a batch.
     *
     * @param model  its handle
     * @param slot   the batch; borrowed for the call
     * @param rows   rows in the batch
     * @param length positions in a row
     * @param packed whether a row holds more than one document
     * @return nats over all targets, without gradient
     */
    public double sumOfNats(long model, LongBuffer slot, int rows, int length, boolean packed) {
        return withBuffer(slot, () -> number(list(
                invoke("mean_loss", model, array(slot, slot.capacity()), rows, length, packed)).get(0)).doubleValue());
    }

    /**
     * Renders chats by a model's own template.
     *
     * @param modelFolder         folder with the tokenizer's configuration
     * @param messages            each a JSON array of {@code {"role", "content"}}
     * @param addGenerationPrompt whether the assistant's header is put at the end
     * @return the rendered texts
     */
    public List<String> renderChat(Path modelFolder, List<String> messages, boolean addGenerationPrompt) {
        return texts(invoke("render_chat", modelFolder.toString(), messages, addGenerationPrompt));
    }

    /**
     * Opens a TensorBoard log.
     *
     * @param folder where to
     * @return its handle; releasing it closes the log
     */
    public long openScalars(Path folder) {
        return handle(invoke("scalars_open", folder.toString()));
    }

    /**
     * Adds values to a TensorBoard log.
     *
     * @param scalars the log's handle
     * @param step    their step
     * @param values  value by tag
     */
    public void addScalars(long scalars, long step, Map<String, Double> values) {
        invoke("scalars_add", scalars, step, values);
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
