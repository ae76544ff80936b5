package io.ballast.study;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentWriter;
import io.ballast.data.Sha256;
import io.ballast.model.AnchorFiles;
import io.ballast.model.ModelFolder;
import io.ballast.plugin.PythonModules;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The hash of all that a run's numbers depend on: settings, and the contents of the model and of every file, wherever
 * they lie, the modules of plug-ins among them. Results found under it on another machine are the same results.
 */
final class RunKey {
    private static final int LENGTH = 32;
    /** To be raised when a default, or what a setting does, changes: results of before are then no longer the same. */
    private static final int FORMAT = 1;

    private final Map<String, String> contents = new HashMap<>();
    private List<String> plugins = List.of();

    String of(ExperimentConfig experiment) {
        plugins = experiment.plugins();
        JsonObject tree = ExperimentWriter.toTreeWithoutDefaults(experiment);
        List.of("name", "output", "plugins", "checkpoint").forEach(tree::remove);
        remove(tree, "importance", "cache");
        remove(tree, "evaluation", "stages");
        remove(tree, "evaluation", "batchSize");
        remove(tree, "general", "loggingSteps");
        remove(tree, "domain", "loggingSteps");
        return new Sha256().text("format " + FORMAT).text(withContents(tree).toString()).hex().substring(0, LENGTH);
    }

    private static void remove(JsonObject tree, String block, String key) {
        if (tree.has(block)) {
            tree.getAsJsonObject(block).remove(key);
            if (tree.getAsJsonObject(block).isEmpty()) {
                tree.remove(block);
            }
        }
    }

    /** The tree with the hash of its content in place of each path. */
    private JsonElement withContents(JsonElement json) {
        if (json.isJsonObject()) {
            JsonObject object = new JsonObject();
            json.getAsJsonObject().asMap().forEach((name, value) -> object.add(name, withContents(value)));
            return object;
        }
        if (json.isJsonArray()) {
            JsonArray array = new JsonArray();
            json.getAsJsonArray().forEach(item -> array.add(withContents(item)));
            return array;
        }
        boolean isText = json.isJsonPrimitive() && json.getAsJsonPrimitive().isString();
        return isText ? new JsonPrimitive(contents.computeIfAbsent(json.getAsString(), this::content)) : json;
    }

    /** Also of several folders in one text, as the former adapters of olora are named. */
    private String content(String text) {
        Optional<String> whole = hash(text);
        if (whole.isPresent()) {
            return whole.get();
        }
        List<String> parts = Stream.of(text.split(",")).map(String::strip).toList();
        List<String> hashes = parts.stream().map(part -> hash(part).orElse(part)).toList();
        return hashes.equals(parts) ? text : String.join(",", hashes);
    }

    /** Of what lies at a path. That of an anchor's tensors stands in its metadata. */
    private Optional<String> hash(String text) {
        try {
            Path path = PythonModules.file(text, plugins).orElseGet(() -> Path.of(text));
            if (path.isAbsolute() && Files.isRegularFile(path)) {
                return Optional.of(new Sha256().file(path).hex());
            }
            if (path.isAbsolute() && Files.isRegularFile(path.resolve("config.json"))) {
                return Optional.of(ModelFolder.open(path).weightsHash());
            }
            // Options of a method may name folders by paths from the working directory.
            return text.isBlank() ? Optional.empty() : Stream.of(List.of(AnchorFiles.METADATA), ModelFolder.ADAPTER_FILES)
                    .map(names -> names.stream().map(path::resolve).toList())
                    .filter(files -> files.stream().allMatch(Files::isRegularFile)).findFirst().map(RunKey::hash);
        } catch (InvalidPathException noPath) {
            return Optional.empty();
        }
    }

    private static String hash(List<Path> files) {
        Sha256 hash = new Sha256();
        files.forEach(hash::file);
        return hash.hex();
    }
}
