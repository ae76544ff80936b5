package io.ballast.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.artifacts.AnchorDescription;
import io.ballast.artifacts.AnchorDescription.Layer;
import io.ballast.artifacts.AnchorDescription.Measured;
import io.ballast.artifacts.AnchorDescription.Spread;
import io.ballast.model.AnchorFiles;
import io.ballast.tensor.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What an anchor folder holds, for people: the layers with norm, α and spread, the modules that matter most, how it
 * came about, its size. All of it stands in anchor.json: what takes the tensors was worked out when they were saved.
 */
final class AnchorText {
    private static final int MODULES_SHOWN = 10;

    private final AnchorDescription anchor;
    private final Safetensors tensors;
    private final JsonObject tree;
    private final Path folder;

    private AnchorText(AnchorDescription anchor, Safetensors tensors, JsonObject tree, Path folder) {
        this.anchor = anchor;
        this.tensors = tensors;
        this.tree = tree;
        this.folder = folder;
    }

    /**
     * Looks at both files of an anchor.
     *
     * @throws io.ballast.InvalidInputException when it is none, half-written, damaged or of another schema
     */
    static AnchorText read(Path folder) {
        AnchorDescription anchor = AnchorDescription.read(folder);
        try {
            return new AnchorText(anchor, anchor.tensors(folder), JsonParser.parseString(Files.readString(
                    folder.resolve(AnchorFiles.METADATA))).getAsJsonObject(), folder);
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + folder, e);
        }
    }

    /** anchor.json, with the entropy of α. */
    String document() {
        JsonObject document = tree.deepCopy();
        document.addProperty("alphaEntropy", alphaEntropy());
        return Documents.wrapped("anchor", document.toString());
    }

    /** Entropy of α over its sum, in nats. */
    private double alphaEntropy() {
        double total = layers().stream().mapToDouble(Layer::alpha).sum();
        return layers().stream().mapToDouble(layer -> layer.alpha() / total).filter(share -> share > 0)
                .map(share -> -share * Math.log(share)).sum();
    }

    String text() {
        return String.format(Locale.ROOT, "anchor      %s%n%s%nα           %s, entropy %.3f of at most %.3f nats%n"
                        + "importance  %s%nspread      %s%n%n%s%nsize        %s%nprovenance  %s%n",
                folder, layerTable(), anchor.layerWeights().kind(), alphaEntropy(), Math.log(layers().size()), measured(),
                Numbers.percent(anchor.distribution().zeroShare()) + " of Ω are 0; the largest 1 % hold "
                        + Numbers.percent(anchor.distribution().topPercentShare()) + " of ΣΩ",
                moduleTable(), size(), tree.get("provenance"));
    }

    private String layerTable() {
        TextTable table = new TextTable("layer", "parameters", "norm", "rms", "alpha", "zeros", "in top 1 %");
        for (int i = 0; i < layers().size(); i++) {
            Layer layer = layers().get(i);
            Spread spread = anchor.distribution().layers().get(i);
            table.row(List.of(layer.name(), String.format(Locale.ROOT, "%,d", layer.elements()),
                    String.format(Locale.ROOT, "%.4g", layer.norm()),
                    String.format(Locale.ROOT, "%.4g", layer.norm() / Math.sqrt(layer.elements())),
                    String.format(Locale.ROOT, "%.4f", layer.alpha()),
                    Numbers.percent(spread.zeroShare()), Numbers.percent(spread.topPercentShare())));
        }
        return table.toString();
    }

    private String moduleTable() {
        TextTable table = new TextTable("modules with the largest mean Ω", "parameters", "× mean", "zeros", "in top 1 %");
        anchor.distribution().modules().stream().limit(MODULES_SHOWN).forEach(module ->
                table.row(List.of(module.name(), String.format(Locale.ROOT, "%,d", module.elements()),
                        String.format(Locale.ROOT, "%.3g", module.mean() / anchor.distribution().mean()),
                        Numbers.percent(module.zeroShare()), Numbers.percent(module.topPercentShare()))));
        return table.toString();
    }

    /** Each kind has facts of its own, and a merged anchor not all of those. */
    private String measured() {
        Measured measured = anchor.measured();
        return measured.method().replace('_', ' ') + part(" of %,d documents", measured.samples())
                + part(", Σω %.4g", measured.sumOmega()) + part(", clamped share %.3f", measured.clampedShare())
                + part(", ξ %.3g", measured.xi());
    }

    private static String part(String format, Number fact) {
        return fact == null ? "" : String.format(Locale.ROOT, format, fact);
    }

    private String size() {
        AnchorDescription.Storage storage = anchor.storage();
        return Numbers.large(anchor.tensorBytes(), "B") + " in " + tensors.tensors().size() + " tensors; Ω "
                + Numbers.stored(storage.bytes(), storage.kind(), storage.error(), anchor.modelBytes());
    }

    private List<Layer> layers() {
        return anchor.layerWeights().layers();
    }
}
