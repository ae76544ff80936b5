package io.ballast.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/** Whether a folder is a Hugging Face checkpoint with safetensors weights and a fast tokenizer. */
final class ModelFolderCheck {
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final List<String> PICKLES =
            List.of("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model.pt", "model.pt");

    private ModelFolderCheck() {
    }

    static void check(Path folder, Place place) {
        if (!Files.isDirectory(folder)) {
            throw place.wrong("a Hugging Face model folder", Files.exists(folder) ? "the file " + folder
                    : "no folder " + folder, "For a model of the hub write hf://org/name.");
        }
        if (!Files.isRegularFile(folder.resolve("config.json"))) {
            throw place.wrong("a model folder with config.json", "none in " + folder,
                    Files.exists(folder.resolve("adapter_config.json"))
                            ? "This is an adapter: merge it into its base model first."
                            : "Save the model with save_pretrained.");
        }
        checkWeights(folder, place);
        if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            throw place.wrong("a model folder with tokenizer.json", "none in " + folder,
                    "Save its fast tokenizer there: AutoTokenizer.from_pretrained(…).save_pretrained(folder).");
        }
    }

    private static void checkWeights(Path folder, Place place) {
        if (Files.isRegularFile(folder.resolve(WEIGHTS))) {
            return;
        }
        if (Files.isRegularFile(folder.resolve(INDEX))) {
            checkShards(folder, place);
            return;
        }
        for (String pickle : PICKLES) {
            if (Files.exists(folder.resolve(pickle))) {
                throw place.wrong("weights in safetensors", "only " + pickle + " in " + folder, "A pickle can run any"
                        + " code when it is opened, so it is refused. Save the model again with"
                        + " save_pretrained(folder, safe_serialization=True).");
            }
        }
        throw place.wrong("weights in " + WEIGHTS + " or " + INDEX, "neither in " + folder,
                "Download the whole checkpoint, or save it with save_pretrained.");
    }

    private static void checkShards(Path folder, Place place) {
        for (String shard : shards(folder.resolve(INDEX))) {
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
            map.getAsJsonObject().asMap().values().forEach(name -> names.add(name.getAsString()));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
