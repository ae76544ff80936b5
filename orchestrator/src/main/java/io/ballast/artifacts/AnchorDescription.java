package io.ballast.artifacts;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.ToNumberPolicy;
import com.google.gson.annotations.SerializedName;
import io.ballast.InvalidInputException;
import io.ballast.model.AnchorFiles;
import io.ballast.schema.JsonRecord;
import io.ballast.schema.MayBeAbsent;
import io.ballast.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What an anchor is and how it came about: {@code anchor.json}, without its tensors.
 *
 * @param schema          {@value #SCHEMA}
 * @param space           parameters, factors or effective
 * @param storage         how Ω is stored
 * @param provenance      hashes of base model, tokenizer and data, and whatever else its maker told
 * @param measured        how importance was measured, and what was found
 * @param layerWeights    α
 * @param modelBytes      of the model's parameters
 * @param tensorBytes     size of {@code anchor.safetensors}
 * @param tensorHash      its SHA-256; null in an anchor of an earlier version
 * @param shapes          of each covered parameter
 * @param referenceHashes of each covered parameter of θ*, where that is the base and not stored
 * @param distribution    how Ω is spread over layers and modules
 */
public record AnchorDescription(int schema, String space, Storage storage, Map<String, Object> provenance,
        Measured measured, LayerWeights layerWeights, long modelBytes, long tensorBytes,
        @MayBeAbsent String tensorHash, Map<String, List<Long>> shapes,
        Map<String, String> referenceHashes, Distribution distribution) {
    /** The number of what this version writes and reads. */
    public static final int SCHEMA = 4;

    private static final Gson GSON = new GsonBuilder()
            .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

    /**
     * How Ω is stored.
     *
     * @param kind  float32, bfloat16, 8bit or top
     * @param share of the values that are kept, where not all are
     * @param error Σ|Ω̂ − Ω| / ΣΩ of what is read back
     * @param bytes of Ω
     */
    public record Storage(String kind, Double share, double error, long bytes) {
    }

    /**
     * How importance was measured; names as Python has them.
     *
     * @param method       path_integral, riemannian_walk, fisher, sensitivity, or fisher_effective_ and a variant
     * @param sumOmega     Σω along the path; null for what is measured where a model stands, or merged
     * @param clampedShare share of parameters whose ω was negative; null for another method than the path integral
     * @param xi           ξ that was used; null likewise
     * @param samples      documents that Fisher information or sensitivity is the mean of; else null
     */
    public record Measured(String method, @SerializedName("sum_omega") Double sumOmega,
            @SerializedName("clamped_share") Double clampedShare, Double xi, Long samples) {
    }

    /**
     * The layers with their α.
     *
     * @param kind      paper, scaled, scaled-rms or uniform
     * @param normalize mean or none
     * @param layers    in the model's order
     * @param scale     multiplies α Ω
     */
    public record LayerWeights(String kind, String normalize, List<Layer> layers, double scale) {
    }

    /**
     * A layer.
     *
     * @param name       embedding, block.N, head, or a parameter's
     * @param parameters names of the covered parameters in it
     * @param elements   how many numbers they hold
     * @param norm       ‖Ω‖₂
     * @param alpha      its coefficient
     */
    public record Layer(String name, List<String> parameters, long elements, double norm, double alpha) {
    }

    /**
     * How Ω is spread.
     *
     * @param mean            of Ω
     * @param zeroShare       share of Ω that is 0
     * @param topPercentShare share of ΣΩ that the largest 1 % hold
     * @param layers          each layer, in the order of α
     * @param modules         each module, the largest mean first
     */
    public record Distribution(double mean, double zeroShare, double topPercentShare, List<Spread> layers,
            List<Spread> modules) {
    }

    /**
     * How Ω of a layer or a module is spread.
     *
     * @param name            its name
     * @param elements        how many numbers a module holds; null for a layer, of which {@link Layer} says it
     * @param mean            of Ω
     * @param zeroShare       share of Ω that is 0
     * @param topPercentShare share of ΣΩ that the largest 1 % hold
     */
    public record Spread(String name, Long elements, double mean, double zeroShare, double topPercentShare) {
    }

    /**
     * Reads an anchor's description.
     *
     * @param folder the anchor's, such as {@code anchor/} of a run
     * @return it
     * @throws InvalidInputException when there is none, or one of another schema
     */
    public static AnchorDescription read(Path folder) {
        Path file = folder.resolve(AnchorFiles.METADATA);
        try {
            String text = Files.readString(file);
            JsonRecord.checkSchema(GSON, text, SCHEMA);
            AnchorDescription anchor = JsonRecord.parse(GSON, text, AnchorDescription.class);
            anchor.checkLayers();
            return anchor;
        } catch (IOException e) {
            throw new InvalidInputException("Expected an anchor's folder with " + AnchorFiles.METADATA
                    + "; found none at " + file + ".", e);
        } catch (JsonParseException e) {
            throw new InvalidInputException("Expected an anchor of schema " + SCHEMA + " in " + file + "; found "
                    + e.getMessage() + ". Measure a new anchor, or use the version of Ballast that made this one.", e);
        }
    }

    private void checkLayers() {
        List<String> weighed = layerWeights.layers().stream().map(Layer::name).toList();
        List<String> spread = distribution.layers().stream().map(Spread::name).toList();
        if (!weighed.equals(spread)) {
            throw new JsonParseException("the layers " + weighed + " in 'layerWeights' and " + spread
                    + " in 'distribution'");
        }
    }

    /**
     * Looks at the tensors' file, of which only the header is read.
     *
     * @param folder the anchor's
     * @return which tensors it has
     * @throws InvalidInputException when it is not there, half-written or damaged
     */
    public Safetensors tensors(Path folder) {
        Path file = folder.resolve(AnchorFiles.TENSORS);
        long found = file.toFile().length();
        if (found != tensorBytes) {
            throw new InvalidInputException("Expected a complete anchor; found a half-written or damaged one in " + folder
                    + ": " + AnchorFiles.TENSORS + " should have " + tensorBytes + " bytes and has " + found
                    + ". Measure it again.");
        }
        return Safetensors.read(file);
    }
}
