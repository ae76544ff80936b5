package io.ballast.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.model.AnchorFiles;
import io.ballast.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What an anchor folder holds, for people: the layers with norm, α and spread, the modules that matter most, how it
 * came about, its size. All of it stands in anchor.json: what takes the tensors was worked out when they were saved.
 */
final class AnchorText {
    private static final int MODULES_SHOWN = 10;

    private final JsonObject anchor;
    private final Path folder;

    private AnchorText(JsonObject anchor, Path folder) {
        this.anchor = anchor;
        this.folder = folder;
    }

    static String of(JsonObject anchor, Path folder) {
        return new AnchorText(anchor, folder).text();
    }

    /** Entropy of α over its sum, in nats. */
    static double alphaEntropy(JsonObject anchor, Path folder) {
        double[] alpha = new AnchorText(anchor, folder).layers().mapToDouble(layer -> number(layer, "alpha")).toArray();
        double total = 0;
        for (double each : alpha) {
            total += each;
        }
        double entropy = 0;
        for (double each : alpha) {
            entropy -= each > 0 ? each / total * Math.log(each / total) : 0;
        }
        return entropy;
    }

    private String text() {
        JsonObject weights = object("layerWeights");
        return String.format(Locale.ROOT, "anchor      %s%n%s%nα           %s, entropy %.3f of at most %.3f nats%n"
                        + "importance  %s%nspread      %s%n%n%s%nsize        %s%nprovenance  %s%n",
                folder, layerTable(), weights.get("kind").getAsString(), alphaEntropy(anchor, folder),
                Math.log(layers().count()), measured(object("measured")), spread(object("distribution")),
                moduleTable(), size(), anchor.get("provenance"));
    }

    private String layerTable() {
        TextTable table = new TextTable("layer", "parameters", "norm", "rms", "alpha", "zeros", "in top 1 %");
        JsonArray spreads = object("distribution").getAsJsonArray("layers");
        int index = 0;
        for (JsonElement each : object("layerWeights").getAsJsonArray("layers")) {
            JsonObject layer = each.getAsJsonObject();
            JsonObject spread = spreads.get(index++).getAsJsonObject();
            double norm = number(layer, "norm");
            double elements = number(layer, "elements");
            table.row(List.of(layer.get("name").getAsString(), String.format(Locale.ROOT, "%,.0f", elements),
                    String.format(Locale.ROOT, "%.4g", norm),
                    String.format(Locale.ROOT, "%.4g", norm / Math.sqrt(elements)),
                    String.format(Locale.ROOT, "%.4f", number(layer, "alpha")),
                    Numbers.percent(number(spread, "zeroShare")), Numbers.percent(number(spread, "topPercentShare"))));
        }
        return table.toString();
    }

    private String moduleTable() {
        TextTable table = new TextTable("modules with the largest mean Ω", "parameters", "× mean", "zeros", "in top 1 %");
        double mean = number(object("distribution"), "mean");
        objects(object("distribution").getAsJsonArray("modules")).limit(MODULES_SHOWN).forEach(module ->
                table.row(List.of(module.get("name").getAsString(),
                        String.format(Locale.ROOT, "%,.0f", number(module, "elements")),
                        String.format(Locale.ROOT, "%.3g", number(module, "mean") / mean),
                        Numbers.percent(number(module, "zeroShare")),
                        Numbers.percent(number(module, "topPercentShare")))));
        return table.toString();
    }

    private static String measured(JsonObject measured) {
        String method = measured.get("method").getAsString();
        if (!method.equals("path_integral")) {
            return String.format(Locale.ROOT, "%s of %,d documents", method, measured.get("samples").getAsLong());
        }
        return "path integral" + part(measured, "sum_omega", ", Σω %.4g") + part(measured, "clamped_share",
                ", clamped share %.3f") + part(measured, "xi", ", ξ %.3g");
    }

    /** Nothing where a merged anchor does not have it. */
    private static String part(JsonObject measured, String key, String format) {
        return measured.get(key).isJsonNull() ? "" : String.format(Locale.ROOT, format, number(measured, key));
    }

    private static String spread(JsonObject distribution) {
        return Numbers.percent(number(distribution, "zeroShare")) + " of Ω are 0; the largest 1 % hold "
                + Numbers.percent(number(distribution, "topPercentShare")) + " of ΣΩ";
    }

    private String size() {
        Path file = folder.resolve(AnchorFiles.TENSORS);
        try {
            JsonObject storage = object("storage");
            return Numbers.large(Files.size(file), "B") + " in " + Safetensors.read(file).tensors().size()
                    + " tensors; Ω " + Numbers.stored(storage.get("bytes").getAsLong(),
                    storage.get("kind").getAsString(), number(storage, "error"), anchor.get("modelBytes").getAsLong());
        } catch (IOException e) {
            throw new InvalidInputException("expected " + AnchorFiles.TENSORS + " beside " + AnchorFiles.METADATA
                    + " in " + folder + ", found none. The anchor is half-written: measure it again.", e);
        }
    }

    private Stream<JsonObject> layers() {
        return objects(object("layerWeights").getAsJsonArray("layers"));
    }

    private static Stream<JsonObject> objects(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonElement::getAsJsonObject);
    }

    private static double number(JsonObject object, String key) {
        return object.get(key).getAsDouble();
    }

    private JsonObject object(String key) {
        if (!anchor.has(key) || !anchor.get(key).isJsonObject()) {
            throw new InvalidInputException("expected '" + key + "' in " + folder.resolve(AnchorFiles.METADATA)
                    + ", found none. It was made by another version of Ballast: measure a new anchor.");
        }
        return anchor.getAsJsonObject(key);
    }
}
