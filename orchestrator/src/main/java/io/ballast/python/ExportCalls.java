package io.ballast.python;

import static io.ballast.python.BridgeValues.handle;
import static io.ballast.python.BridgeValues.map;

import java.nio.file.Path;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} that turn models into other forms. See the package for the rules on threads
 * and errors; a handle is released by {@link Bridge#release(long)}.
 */
public final class ExportCalls {
    private final Bridge bridge;

    ExportCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Keeps what a model says about some rows of text, as logits in fp32 and as the tokens that it goes on with.
     *
     * @param model its handle
     * @return the probe's handle
     * @throws io.ballast.InvalidInputException when the model has no tokenizer
     */
    public long probe(long model) {
        return handle(bridge.invoke("probe_model", model));
    }

    /**
     * Writes a model in another form. It may be changed by that, and is to be released.
     *
     * @param model         its handle
     * @param format        adapter, merged or onnx
     * @param folder        where to: nothing, or an empty folder
     * @param dtype         of the weights: float32, bfloat16 or float16
     * @param maxShardBytes most bytes of a weight file of a merged model
     * @return what the format has to say: adapter; weightFiles; or cache, opset, inputs and pastShapes
     * @throws io.ballast.InvalidInputException       when the model has no such form
     * @throws io.ballast.MissingEnvironmentException when a package or room on the disk is missing
     */
    public Map<String, Object> write(long model, String format, Path folder, String dtype, long maxShardBytes) {
        return map(bridge.invoke("export_model", model, format, folder.toString(), dtype, maxShardBytes));
    }

    /**
     * Reads what was written as its readers do, and holds it against what the model said.
     *
     * @param probe  its handle
     * @param format as it was written
     * @param folder where it was written
     * @param dtype  of the weights
     * @return passed, tolerance, maxDifference, scale, relative, rows, tokens, sameTokens, undecidedTokens,
     *         differentTokens and way
     */
    public Map<String, Object> compare(long probe, String format, Path folder, String dtype) {
        return map(bridge.invoke("compare_export", probe, format, folder.toString(), dtype));
    }

    /**
     * Writes a GGUF file as a Hugging Face folder in fp32.
     *
     * @param file   the GGUF file
     * @param folder where to
     * @throws io.ballast.InvalidInputException when it is none, or one that cannot be read aright
     */
    public void convertGguf(Path file, Path folder) {
        bridge.invoke("convert_gguf", file.toString(), folder.toString());
    }
}
