package io.ballast.python;

import io.ballast.BallastException;
import io.ballast.DeviceOutOfMemoryException;
import io.ballast.InvalidInputException;
import io.ballast.MissingEnvironmentException;
import io.ballast.TrainingFailedException;
import jep.DirectNDArray;
import jep.JepException;

import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Every function of {@code ballast.bridge}, declared once with its types. See the package for the
 * rules on threads, buffers and errors.
 *
 * <p>A handle is a number that stands for an object in Python until {@link #release(long)} or
 * {@link #close()}.
 */
public final class Bridge implements AutoCloseable {
    private static final AtomicReference<Bridge> OPEN = new AtomicReference<>();

    private final Interpreter interpreter;
    private final Map<String, Object> versions;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Bridge(Interpreter interpreter, PythonEnvironment environment) {
        this.interpreter = interpreter;
        this.versions = map(invoke("initialize", environment.executable().toString(), new LogSink()));
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
                    + " Share that one, or close it first.");
        }
        Bridge bridge = new Bridge(Interpreter.start(environment), environment);
        OPEN.set(bridge);
        return bridge;
    }

    /** @return versions by name: python, torch, transformers, peft, numpy, ballast; and the kernels in use */
    public Map<String, Object> versions() {
        return versions;
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
        return list(invoke("imported_modules"));
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
     * Forgets an object.
     *
     * @param handle what some call returned
     */
    public void release(long handle) {
        invoke("release", handle);
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
        return openModel(folder, dtype, device, gradientCheckpointing, seed, false);
    }

    /**
     * Opens a model, if need be with its linear layers in 4 bits.
     *
     * @param folder                a Hugging Face model folder, or that of a PEFT adapter
     * @param dtype                 float32 or bfloat16 (autocast)
     * @param device                auto, cpu, cuda or cuda:N
     * @param gradientCheckpointing whether activations are recomputed
     * @param seed                  of dropout
     * @param quantized             whether linear layers are held in 4 bits, for an adapter to be trained on
     * @return its handle
     * @throws MissingEnvironmentException when {@code quantized} and there is no CUDA device or no bitsandbytes
     */
    public long openModel(Path folder, String dtype, String device, boolean gradientCheckpointing, long seed,
            boolean quantized) {
        return handle(invoke("open_model", folder.toString(), dtype, device, gradientCheckpointing, seed, quantized));
    }

    /**
     * What a model is.
     *
     * @param model its handle
     * @return architecture, parameters, trainable, vocabularySize, maxLength, device, deviceName, dtype
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

    /**
     * Begins a phase: optimizer, schedule, and the method against forgetting or the importance meter.
     *
     * @param model    its handle
     * @param settings the phase's settings, by the names of {@code ballast.training.PhaseSettings}
     * @return the phase's handle
     */
    public long beginPhase(long model, Map<String, Object> settings) {
        return handle(invoke("begin_phase", model, settings));
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
        withBuffer(slot, () -> invoke("forward_backward", phase, array(slot, slot.capacity()), rows, length, packed,
                stepTargets));
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
        withBuffer(slot, () -> invoke("measure_backward", phase, array(slot, slot.capacity()), rows, length, packed,
                stepTargets));
    }

    /**
     * Moves the parameters once.
     *
     * @param phase its handle
     */
    public void optimizerStep(long phase) {
        invoke("optimizer_step", phase);
    }

    /**
     * Looks at a phase; the only call of a phase that waits for the device.
     *
     * @param phase its handle
     * @return step, loss (mean since the last look, nats per target), learningRate, gradientNorm, penalty,
     *         nonFiniteStep (1-based, 0 for none) and nonFiniteMicroBatch
     */
    public Map<String, Object> phaseProgress(long phase) {
        return map(invoke("phase_progress", phase));
    }

    /**
     * Ends a phase and frees its optimizer state; the handle stays good for {@link #finishImportance}.
     *
     * @param phase its handle
     * @return steps, peakMemoryBytes and what the method reports
     */
    public Map<String, Object> endPhase(long phase) {
        return map(invoke("end_phase", phase));
    }

    // ---- anchors

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
        return handle(invoke("finish_importance", phase, xi, relative, reference, layerCoefficients, layers,
                normalize));
    }

    /**
     * The methods against forgetting there are.
     *
     * @return of each name, summary, formula, paper, importance (what its anchor must have measured, path_integral,
     *         fisher or sensitivity; null for a method that needs no anchor), needs, forms, lambda (default by form)
     *         and options (of each name, type, default, meaning, choices, minimum)
     */
    public List<Map<String, Object>> describeMethods() {
        return BridgeValues.list(invoke("describe_methods")).stream().map(BridgeValues::map).toList();
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
     * Begins to measure importance where a model stands.
     *
     * @param model  its handle
     * @param kind   what the method's description names as its importance
     * @param labels data or sampled
     * @param seed   of the labels drawn
     * @return the measurement's handle
     */
    public long beginMeasurement(long model, String kind, String labels, long seed) {
        return handle(invoke("begin_measurement", model, kind, labels, seed));
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
        withBuffer(slot, () -> invoke("add_samples", measurement, array(slot, slot.capacity()), rows, length,
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
        return handle(invoke("finish_measurement", measurement, referenceIsBase, layerCoefficients, layers, normalize));
    }

    /**
     * What an anchor holds.
     *
     * @param anchor its handle
     * @return method, bytes, importanceBytes, modelBytes, storage, storageError, sumOmega, clampedShare, xi, samples
     *         (each of these null where the method has none), alphaEntropy and layers
     */
    public Map<String, Object> anchorInfo(long anchor) {
        return map(invoke("anchor_info", anchor));
    }

    /**
     * Makes the anchor that would be read back from a storage.
     *
     * @param anchor  its handle, which stays good
     * @param storage float32, bfloat16, int8, sparse or factored
     * @param share   of sparse storage, the share of each matrix that is kept one by one
     * @return the handle of another anchor, which is saved in that storage
     */
    public long storeAnchor(long anchor, String storage, double share) {
        return handle(invoke("store_anchor", anchor, storage, share));
    }

    /**
     * Compares two anchors of one model.
     *
     * @param first  its folder
     * @param second its folder
     * @return facts (of each name, first, second, same), mean (of both), rankCorrelation, topOverlap, and layers (of
     *         each name, elements, rankCorrelation, topOverlap)
     * @throws InvalidInputException when one is none, or they are not of one model
     */
    public Map<String, Object> compareAnchors(Path first, Path second) {
        return map(invoke("compare_anchors", first.toString(), second.toString()));
    }

    /**
     * Merges anchors of one base model, and saves the merged one.
     *
     * @param anchors their folders, in the order in which they were made; θ* is the last one's
     * @param rule    separate, sum, mean, maximum or decay
     * @param decay   of the rule decay, what an anchor's importance is worth one anchor later; else null
     * @param storage as of {@link #storeAnchor}
     * @param share   as of {@link #storeAnchor}
     * @param folder  where to
     * @return as of {@link #anchorInfo}
     * @throws InvalidInputException when one is none, they are not of one base model, or rule and decay do not fit
     */
    public Map<String, Object> mergeAnchors(List<Path> anchors, String rule, Double decay, String storage,
            double share, Path folder) {
        return map(invoke("merge_anchors", anchors.stream().map(Path::toString).toList(), rule, decay, storage, share,
                folder.toString()));
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
     * Makes the anchor that the next domain is held by.
     *
     * @param model    its handle, at the end of a domain, its adapter carried on
     * @param phase    handle of the domain's phase
     * @param previous handle of the anchor that the domain was held by; it stays good
     * @param measured handle of the domain's own, or 0 where θ* alone is carried on; it stays good
     * @param rule     separate, sum, mean, maximum or decay
     * @param decay    of the rule decay, else null
     * @return the handle of another anchor
     * @throws InvalidInputException when the rule does not fit the anchors
     */
    public long carryAnchorOn(long model, long phase, long previous, long measured, String rule, Double decay) {
        return handle(invoke("carry_anchor_on", model, phase, previous, measured, rule, decay));
    }

    /**
     * Writes an anchor.
     *
     * @param anchor     its handle
     * @param folder     where to
     * @param provenance hashes and settings that go into anchor.json
     */
    public void saveAnchor(long anchor, Path folder, Map<String, Object> provenance) {
        invoke("save_anchor", anchor, folder.toString(), provenance);
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
    public long openAnchor(Path folder, long model, String baseModel, String space, String layerCoefficients,
            String layers, String normalize) {
        return handle(invoke("open_anchor", folder.toString(), model, baseModel, space, layerCoefficients, layers,
                normalize));
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
        return withBuffer(prompts, () -> list(invoke("complete", model, tokenizer.toString(),
                array(prompts, prompts.capacity()), rows, length, until, maxTokens, decoding, seed)));
    }

    // ---- evaluation

    /** @return the functions about evaluation tasks */
    public TaskCalls tasks() {
        return new TaskCalls(this);
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
        return withBuffer(slot, () -> number(BridgeValues.list(
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
        return list(invoke("render_chat", modelFolder.toString(), messages, addGenerationPrompt));
    }

    /**
     * Brings a model from the hub into the shared cache.
     *
     * @param repository org/name
     * @param revision   branch, tag or commit, or null
     * @return its folder
     */
    public Path downloadModel(String repository, String revision) {
        return Path.of((String) invoke("download_model", repository, revision, null, null));
    }

    /**
     * Brings one file of a data set from the hub into the shared cache.
     *
     * @param repository org/name
     * @param file       path inside the repository
     * @param revision   branch, tag or commit, or null
     * @return the local file
     */
    public Path downloadDatasetFile(String repository, String file, String revision) {
        return Path.of((String) invoke("download_dataset_file", repository, file, revision, null, null));
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
            case "environment" -> new MissingEnvironmentException(message, e);
            case "diverged" -> new TrainingFailedException(message, e);
            case "out_of_memory" -> new DeviceOutOfMemoryException(message, e);
            default -> new PythonException(String.valueOf(error.get("type")), message,
                    String.valueOf(error.get("traceback")), e);
        };
    }

    private static <T> T withBuffer(Buffer buffer, java.util.function.Supplier<T> work) {
        ByteOrder order = buffer instanceof LongBuffer longs ? longs.order() : ((FloatBuffer) buffer).order();
        if (!buffer.isDirect() || order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("Expected a direct buffer in native byte order ("
                    + ByteOrder.nativeOrder() + "); found a " + (buffer.isDirect() ? "direct" : "heap") + " buffer in "
                    + order + ". Make it with ByteBuffer.allocateDirect(n).order(ByteOrder.nativeOrder()).");
        }
        try {
            return work.get();
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private static DirectNDArray<LongBuffer> array(LongBuffer buffer, int capacity) {
        return new DirectNDArray<>(buffer, capacity);
    }

    private static long handle(Object value) {
        return number(value).longValue();
    }

    private static Number number(Object value) {
        return (Number) value;
    }

    private static Map<String, Object> map(Object value) {
        return BridgeValues.map(value);
    }

    private static List<String> list(Object value) {
        return BridgeValues.list(value).stream().map(String.class::cast).toList();
    }
}
