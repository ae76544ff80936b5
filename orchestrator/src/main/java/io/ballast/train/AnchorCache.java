package io.ballast.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentWriter;
import io.ballast.data.Sha256;
import io.ballast.data.WholeFiles;
import io.ballast.model.AnchorFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The anchor of a general phase that was run before with the same model, data and settings: the experiment's
 * {@code importance.cache}. Two processes may use one cache; whoever is first keeps its anchor.
 */
final class AnchorCache {
    private static final String COST = "cost.json";
    private static final Gson GSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final Path entry;

    private AnchorCache(Path entry) {
        this.entry = entry;
    }

    /**
     * What the general phase took, to be told again by the runs that are spared it.
     *
     * @param secondsAdded to measure importance, as a result tells it
     * @param lossGained   by the phase, nats per token
     * @param phases       the phase, or none where nothing was trained
     */
    record Cost(double secondsAdded, double lossGained, List<Result.Phase> phases) {
    }

    /**
     * @param config    the experiment
     * @param modelHash of the base model
     * @param dataHash  of the general data
     * @param measured  the kind of importance
     */
    static AnchorCache of(ExperimentConfig config, String modelHash, String dataHash, String measured) {
        boolean endsByRule = config.general().stop() != null; // whose code may change under its name
        if (config.importance().cache() == null || endsByRule) {
            return new AnchorCache(null);
        }
        JsonObject tree = ExperimentWriter.toTree(config);
        List.of("name", "output", "domain", "evaluation", "afterTraining", "plugins", "checkpoint").forEach(tree::remove);
        JsonObject retention = tree.getAsJsonObject("retention");
        List.of("method", "options", "lambda", "form", "layerCoefficients", "layers", "normalize", "anchor")
                .forEach(retention::remove);
        List.of("permute", "cache", "carry", "decay").forEach(tree.getAsJsonObject("importance")::remove);
        if (tree.has("adapter")) {
            tree.getAsJsonObject("adapter").remove("carry");
        }
        List.of("data", "loggingSteps").forEach(tree.getAsJsonObject("general")::remove);
        List.of("path", "device", "gradientCheckpointing", "offload").forEach(tree.getAsJsonObject("model")::remove);
        String key = new Sha256().text(modelHash).text(dataHash).text(measured).text(tree.toString()).hex();
        return new AnchorCache(Path.of(config.importance().cache()).resolve(key.substring(0, 32)));
    }

    boolean holds() {
        return entry != null && Files.isRegularFile(entry.resolve(COST));
    }

    Path anchor() {
        return entry;
    }

    Cost cost() {
        try {
            return GSON.fromJson(Files.readString(entry.resolve(COST)), Cost.class);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Copies a cached anchor into a run folder. */
    void copyTo(Path folder) {
        try {
            copy(entry, folder);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Keeps an anchor; nothing happens where there is no cache. */
    void keep(Path anchor, Cost cost) {
        if (entry == null) {
            return;
        }
        try {
            Files.createDirectories(entry.getParent());
            Path partial = Files.createTempDirectory(entry.getParent(), ".partial-");
            try {
                copy(anchor, partial);
                Files.writeString(partial.resolve(COST), GSON.toJson(cost));
                WholeFiles.giveName(partial, entry);
            } finally {
                WholeFiles.delete(partial);
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (String file : AnchorFiles.NAMES) {
            Files.copy(from.resolve(file), to.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private InvalidInputException unusable(IOException e) {
        return new InvalidInputException("expected a folder that can be read and written in importance.cache, found "
                + e + ". Give another folder, or leave the key out.", e);
    }
}
