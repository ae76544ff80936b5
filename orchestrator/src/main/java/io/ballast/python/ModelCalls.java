package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.map;
import static io.ballast.python.BridgeValues.number;
import static io.ballast.python.BridgeValues.texts;
import static io.ballast.python.BridgeValues.withBuffer;

import io.ballast.InvalidInputException;
import io.ballast.MissingEnvironmentException;

import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} about models, from where they lie to where they are saved. See the package for
 * the rules on threads, buffers and errors; a handle is released by {@link Bridge#release(long)}.
 */
public final class ModelCalls {
    private final Bridge bridge;

    ModelCalls(Bridge bridge) {
        this.bridge = bridge;
    }

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
    public long open(Path folder, String dtype, String device, boolean gradientCheckpointing, long seed) {
        return open(folder, dtype, device, gradientCheckpointing, seed, null);
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
    public long open(Path folder, String dtype, String device, boolean gradientCheckpointing, long seed,
            Integer bits) {
        return handle(bridge.invoke("open_model", folder.toString(), dtype, device, gradientCheckpointing, seed, bits));
    }

    /**
     * Opens a model that is not trained: the draws and the threads of training that goes on meanwhile stay as they are.
     *
     * @param folder a Hugging Face model folder, or that of a PEFT adapter
     * @param dtype  float32 or bfloat16 (autocast)
     * @param device auto, cpu, cuda or cuda:N
     * @return its handle
     */
    public long openToUse(Path folder, String dtype, String device) {
        return handle(bridge.invoke("open_model_to_use", folder.toString(), dtype, device));
    }

    /**
     * What a model is.
     *
     * @param model its handle
     * @return architecture, parameters, trainable, vocabularySize, maxLength, folder, tokenizerFolder, device,
     *         deviceName, dtype
     */
    public Map<String, Object> info(long model) {
        return map(bridge.invoke("model_info", model));
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
        bridge.invoke("add_adapter", model, settings, seed, samples);
    }

    /**
     * Begins to gather documents for a model.
     *
     * @param model its handle
     * @return the gathering's handle
     */
    public long beginSamples(long model) {
        return handle(bridge.invoke("begin_samples", model));
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
        withBuffer(slot, () -> bridge.invoke("add_documents", samples, array(slot, slot.capacity()), rows, length, packed));
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
        bridge.invoke("soften", model, settings, base, anchor);
    }

    /**
     * Writes a model as a Hugging Face checkpoint with its tokenizer, or its adapter as PEFT does.
     *
     * @param model  its handle
     * @param folder where to
     */
    public void save(long model, Path folder) {
        bridge.invoke("save_model", model, folder.toString());
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
        bridge.invoke("carry_adapter_on", model, way, seed);
    }

    /**
     * Says how many tokens a model reads at once.
     *
     * @param model its folder
     * @return tokens
     */
    public int contextWindow(Path model) {
        return number(bridge.invoke("context_window", model.toString())).intValue();
    }

    /**
     * Has the blocks of a model compiled for training, at its first step.
     *
     * @param model its handle, with its adapter
     */
    public void compileBlocks(long model) {
        bridge.invoke("compile_blocks", model);
    }

    /**
     * Spreads a model over the ranks; nothing happens where there is one.
     *
     * @param model   its handle, with its adapter
     * @param offload whether what is not used stays on the CPU
     * @throws InvalidInputException when the model or this machine cannot do it
     */
    public void shard(long model, boolean offload) {
        bridge.invoke("shard_model", model, offload);
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
        return texts(bridge.invoke("render_chat", modelFolder.toString(), messages, addGenerationPrompt));
    }
}
