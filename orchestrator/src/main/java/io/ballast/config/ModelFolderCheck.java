package io.ballast.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;

/**
 * Whether a folder is a whole Hugging Face checkpoint: what {@link ModelFolder} asks for, every shard
 * of the weights, and a fast tokenizer.
 */
final class ModelFolderCheck {
    private static final String INDEX = "model.safetensors.index.json";

    private ModelFolderCheck() {
    }

    static void check(Path folder, Place place) {
        if (!Files.isDirectory(folder)) {
            throw place.wrong("a Hugging Face model folder", Files.exists(folder) ? "the file " + folder
                    : "no folder " + folder, "For a model of the hub write hf://org/name.");
        }
        if (Files.exists(folder.resolve(ModelFolder.ADAPTER)) && !Files.exists(folder.resolve("config.json"))) {
            throw place.wrong("a whole model", "an adapter in " + folder, "Merge it into its base model first:"
                    + " ballast export " + folder + " --format merged --out DIR.");
        }
        ModelFolder.open(folder);
        if (Files.isRegularFile(folder.resolve(INDEX))) {
            checkShards(folder, place);
        }
        if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            throw place.wrong("a model folder with tokenizer.json", "none in " + folder,
                    "Save its fast tokenizer there: AutoTokenizer.from_pretrained(…).save_pretrained(folder).");
        }
    }

    private static void checkShards(Path folder, Place place) {
        for (String shard : shards(folder.resolve(INDEX))) {
            if (!shard.matches("[^/\\\\\\x00]+\\.safetensors")) {
                throw place.wrong("names of .safetensors files beside " + INDEX, "'" + shard + "'",
                        "Download the checkpoint again, from whom you trust.");
            }
            if (!Files.isRegularFile(folder.resolve(shard))) {
                throw place.wrong("every file that " + INDEX + " names", "no " + shard + " in " + folder,
                        "Download the whole checkpoint.");
            }
        }
    }

    private static TreeSet<String> shards(Path index) {
        try {
            Place place = Place.of(index.toString());
            JsonElement map = JsonText.parse(Files.readString(index), place) instanceof JsonObject object
                    ? object.get("weight_map") : null;
            if (map == null || !map.isJsonObject()) {
                throw place.wrong("an object with 'weight_map'", map, "Download the checkpoint again.");
            }
            TreeSet<String> names = new TreeSet<>();
            for (JsonElement name : map.getAsJsonObject().asMap().values()) {
                if (!(name instanceof JsonPrimitive text && text.isString())) {
                    throw place.wrong("names of files in 'weight_map'", name, "Download the checkpoint again.");
                }
                names.add(name.getAsString());
            }
            return names;
        } catch (IOException e) {
            throw new InvalidInputException("Expected JSON in UTF-8 in " + index + "; found " + e
                    + ". Download the checkpoint again.", e);
        }
    }
}
