package io.ballast.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.data.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** By what a model on disk is known: all that decides what it says about given tokens. */
public final class ModelFingerprint {
    private ModelFingerprint() {
    }

    /**
     * Hashes weights and configuration; of an adapter, its own and its base's.
     *
     * @param folder of a model or a PEFT adapter
     * @return the hash; empty for an adapter whose base is no folder here
     */
    public static Optional<String> of(Path folder) {
        Path adapter = folder.resolve(ModelFolder.ADAPTER);
        if (!Files.isRegularFile(adapter)) {
            return Optional.of(of(folder, ModelFolder.open(folder).weightsHash()));
        }
        try {
            JsonObject config = JsonParser.parseString(Files.readString(adapter)).getAsJsonObject();
            JsonElement base = config.get("base_model_name_or_path");
            if (base == null || !base.isJsonPrimitive() || !Files.isDirectory(Path.of(base.getAsString()))) {
                return Optional.empty();
            }
            Sha256 hash = new Sha256().file(adapter);
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".safetensors")).sorted().forEach(hash::file);
            }
            return of(Path.of(base.getAsString())).map(ofBase -> configuration(hash.text(ofBase), folder).hex());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
    }

    /**
     * The same of a model whose weights are hashed already: reading them again takes seconds for each gigabyte.
     *
     * @param folder      of a model
     * @param weightsHash {@link ModelFolder#weightsHash()}
     * @return the hash
     */
    public static String of(Path folder, String weightsHash) {
        return configuration(new Sha256().text(weightsHash), folder).hex();
    }

    private static Sha256 configuration(Sha256 hash, Path folder) {
        for (String name : new String[] {"config.json", "generation_config.json"}) {
            if (Files.isRegularFile(folder.resolve(name))) {
                hash.text(name).file(folder.resolve(name));
            }
        }
        return hash;
    }
}
