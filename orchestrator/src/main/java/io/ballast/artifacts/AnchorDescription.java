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
        Map<String, String> referenceHashes, @MayBeAbsent Map<String, Object> distribution) {
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
     * @param method       path_integral, fisher, sensitivity or walk
     * @param sumOmega     Σω; null for another method than the path integral, as the next two
     * @param clampedShare share of parameters whose ω was negative
     * @param xi           ξ that was used
     * @param samples      documents that the others are the mean of
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
            return JsonRecord.parse(GSON, text, AnchorDescription.class);
        } catch (IOException e) {
            throw new InvalidInputException("Expected an anchor's folder with " + AnchorFiles.METADATA
                    + "; found none at " + file + ".", e);
        } catch (JsonParseException e) {
            throw new InvalidInputException("Expected an anchor of schema " + SCHEMA + " in " + file + "; found "
                    + e.getMessage() + ". Measure a new anchor.", e);
        }
    }
}
