package io.ballast.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What an anchor folder holds, for people: the layers with norm and α, how it came about, its size. */
final class AnchorText {
    private AnchorText() {
    }

    static String of(JsonObject anchor, Path folder) {
        JsonObject weights = object(anchor, "layerWeights", folder);
        TextTable table = new TextTable("layer", "parameters", "norm", "rms", "alpha");
        double total = 0;
        for (JsonElement each : weights.getAsJsonArray("layers")) {
            total += each.getAsJsonObject().get("alpha").getAsDouble();
        }
        double entropy = 0;
        for (JsonElement each : weights.getAsJsonArray("layers")) {
            JsonObject layer = each.getAsJsonObject();
            double share = layer.get("alpha").getAsDouble() / total;
            entropy -= share > 0 ? share * Math.log(share) : 0;
            table.row(row(layer));
        }
        JsonObject measured = object(anchor, "measured", folder);
        return String.format(Locale.ROOT, "anchor      %s%n%s%nα           %s, entropy %.3f of at most %.3f nats%n"
                        + "importance  %s%nsize        %s%nprovenance  %s%n",
                folder, table, weights.get("kind").getAsString(), entropy,
                Math.log(weights.getAsJsonArray("layers").size()), measured(measured), size(folder),
                anchor.get("provenance"));
    }

    private static String measured(JsonObject measured) {
        String method = measured.get("method").getAsString();
        return !method.equals("path_integral")
                ? String.format(Locale.ROOT, "%s of %,d documents", method, measured.get("samples").getAsLong())
                : String.format(Locale.ROOT, "path integral, Σω %.4g, clamped share %.3f, ξ %.3g",
                        measured.get("sum_omega").getAsDouble(), measured.get("clamped_share").getAsDouble(),
                        measured.get("xi").getAsDouble());
    }

    private static List<String> row(JsonObject layer) {
        double norm = layer.get("norm").getAsDouble();
        long elements = layer.get("elements").getAsLong();
        return List.of(layer.get("name").getAsString(), String.format(Locale.ROOT, "%,d", elements),
                String.format(Locale.ROOT, "%.4g", norm),
                String.format(Locale.ROOT, "%.4g", norm / Math.sqrt(elements)),
                String.format(Locale.ROOT, "%.4f", layer.get("alpha").getAsDouble()));
    }

    private static String size(Path folder) {
        Path file = folder.resolve("anchor.safetensors");
        try {
            return Numbers.large(Files.size(file), "B") + " in " + Safetensors.read(file).tensors().size()
                    + " tensors";
        } catch (IOException e) {
            throw new InvalidInputException("expected anchor.safetensors beside anchor.json in " + folder
                    + ", found none. The anchor is half-written: measure it again.", e);
        }
    }

    private static JsonObject object(JsonObject anchor, String key, Path folder) {
        if (!anchor.has(key) || !anchor.get(key).isJsonObject()) {
            throw new InvalidInputException("expected '" + key + "' in " + folder.resolve("anchor.json")
                    + ", found none. It was made by another version of Ballast: measure a new anchor.");
        }
        return anchor.getAsJsonObject(key);
    }
}
