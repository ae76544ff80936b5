package io.ballast.export;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.model.ModelFolder;
import io.ballast.model.ModelSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is exported: the model of a run, or a model.
 *
 * @param folder of the model or PEFT adapter
 * @param run    the run's folder, or null
 */
record ExportSource(Path folder, Path run) {
    private static final String CARD = "README.md";

    /**
     * Finds what a folder holds.
     *
     * @param folder a run's, a model's or an adapter's
     * @throws InvalidInputException when it is none of them
     */
    static ExportSource of(Path folder) {
        Path trained = ModelSource.trained(folder);
        if (!trained.equals(folder)) {
            return new ExportSource(trained, folder);
        }
        if (!Files.isRegularFile(folder.resolve(ModelFolder.ADAPTER))
                && !Files.isRegularFile(folder.resolve("config.json"))) {
            throw new InvalidInputException("Expected the folder of a run that has trained, of a model or of a PEFT"
                    + " adapter; found " + (Files.isDirectory(folder) ? "none of their files" : "no folder") + " at "
                    + folder + ". Give one of these.");
        }
        Path parent = folder.toAbsolutePath().normalize().getParent();
        boolean isOfRun = parent != null && folder.toAbsolutePath().normalize().endsWith("model")
                && Files.isRegularFile(parent.resolve(Experiment.FILE));
        return new ExportSource(folder, isOfRun ? parent : null);
    }

    boolean isAdapter() {
        return Files.isRegularFile(folder.resolve(ModelFolder.ADAPTER))
                && !Files.isRegularFile(folder.resolve("config.json"));
    }

    /** Whether something is known to have been trained, and not only to be there. */
    boolean isTrained() {
        return run != null || isAdapter();
    }

    /** Whether it was trained on a base in 4 or 8 bits, which {@code ballast/models/quantization.py} notes beside it. */
    boolean isOnQuantizedBase() {
        return Files.isRegularFile(folder.resolve("quantization.json"));
    }

    /**
     * The model that it was made from, as whoever made it called it; where nothing tells, its own name.
     *
     * @param asked what the user named: a model of the hub or a GGUF file has a folder in a cache, which is no name
     */
    String baseName(String asked) {
        if (run != null) {
            JsonElement model = read(run.resolve(Experiment.FILE)).get("model");
            return model.getAsJsonObject().get("path").getAsString();
        }
        return adapterBase().orElse(ModelSource.isElsewhere(asked) ? asked
                : folder.toAbsolutePath().normalize().toString());
    }

    /** The folder of the whole model that is exported or that the adapter is on, where it is on this machine. */
    Optional<Path> baseFolder() {
        return isAdapter() ? adapterBase().map(Path::of).filter(Files::isDirectory) : Optional.of(folder);
    }

    /** The model cards there are, the nearest first: the run's, the model's own, and the base model's. */
    Stream<Path> cards() {
        return Stream.of(Optional.ofNullable(run), Optional.of(folder), baseFolder()).flatMap(Optional::stream)
                .distinct().map(each -> each.resolve(CARD)).filter(Files::isRegularFile);
    }

    /** The card that tells of this very model, and not of its base. */
    Optional<Path> ownCard() {
        return cards().filter(card -> run != null && card.startsWith(run) || card.startsWith(folder)).findFirst();
    }

    private Optional<String> adapterBase() {
        return isAdapter()
                ? Optional.ofNullable(read(folder.resolve(ModelFolder.ADAPTER)).get("base_model_name_or_path"))
                .filter(JsonElement::isJsonPrimitive).map(JsonElement::getAsString) : Optional.empty();
    }

    private static JsonObject read(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new InvalidInputException("Expected a JSON object in " + file + "; found " + e + ".", e);
        }
    }
}
