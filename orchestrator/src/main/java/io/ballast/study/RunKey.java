package io.ballast.study;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentWriter;
import io.ballast.data.Sha256;
import io.ballast.model.ModelFolder;
import io.ballast.plugin.PythonModules;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    private String content(String text) {
        try {
            Path path = PythonModules.file(text, plugins).orElseGet(() -> Path.of(text));
            if (path.isAbsolute() && Files.isRegularFile(path)) {
                return new Sha256().file(path).hex();
            }
            if (path.isAbsolute() && Files.isRegularFile(path.resolve("config.json"))) {
                return ModelFolder.open(path).weightsHash();
            }
        } catch (InvalidPathException noPath) {
            return text;
        }
        return text;
    }
}
