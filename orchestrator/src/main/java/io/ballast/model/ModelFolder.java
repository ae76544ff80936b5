package io.ballast.model;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.tensor.Safetensors;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A Hugging Face model folder: configuration, safetensors weights, tokenizer.
 *
 * @param path    the folder
 * @param config  its config.json
 * @param weights its weight files, sorted by name
 */
public record ModelFolder(Path path, JsonObject config, List<Safetensors> weights) {
    /** The file that a folder with a PEFT adapter has. */
    public static final String ADAPTER = "adapter_config.json";
    /** That file and the adapter's weights. */
    public static final List<String> ADAPTER_FILES = List.of(ADAPTER, "adapter_model.safetensors");

    private static final long MAPPED_BYTES = 1L << 30;

    /**
     * Opens a folder; reads headers only.
     *
     * @param path the folder
     * @return what is in it
     * @throws InvalidInputException when it lacks a configuration or safetensors weights
     */
    public static ModelFolder open(Path path) {
        Path config = path.resolve("config.json");
        if (!Files.isRegularFile(config)) {
            throw new InvalidInputException("Expected a Hugging Face model folder with config.json; found none at "
                    + path + ". Check model.path.");
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> all = files.sorted().toList();
            List<Safetensors> weights = all.stream().filter(file -> isWeights(file.getFileName().toString()))
                    .map(Safetensors::read).toList();
            if (weights.isEmpty()) {
                throw noWeights(path, all);
            }
            return new ModelFolder(path, JsonParser.parseString(Files.readString(config)).getAsJsonObject(), weights);
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new InvalidInputException("Expected a readable model folder at " + path + "; found " + e + ".", e);
        }
    }

    private static boolean isWeights(String name) {
        return name.startsWith("model") && name.endsWith(".safetensors");
    }

    private static InvalidInputException noWeights(Path path, List<Path> files) {
        boolean pickled = files.stream().map(file -> file.getFileName().toString())
                .anyMatch(name -> name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth"));
        return new InvalidInputException("Expected model.safetensors in " + path + "; found " + (pickled
                ? "pickled weights only, which can run code when they are opened and are refused. Convert them with"
                        + " safe_serialization=True of transformers' save_pretrained."
                : "no weights. Copy or download the model again."));
    }

    /** @return how many numbers the weights have; a tied head is there once */
    public long parameters() {
        return weights.stream().flatMap(file -> file.tensors().values().stream())
                .mapToLong(Safetensors.TensorInfo::elements).sum();
    }

    /**
     * Hash of the weights' content, the same however they are cut into files.
     *
     * @return SHA-256 over name, dtype, shape and bytes of each tensor in the order of names
     */
    public String weightsHash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Map<String, Safetensors> byName = new TreeMap<>();
            weights.forEach(file -> file.tensors().keySet().forEach(name -> byName.put(name, file)));
            for (Map.Entry<String, Safetensors> entry : byName.entrySet()) {
                Safetensors.TensorInfo tensor = entry.getValue().tensors().get(entry.getKey());
                digest.update((entry.getKey() + tensor.dtype() + Arrays.toString(tensor.shape()))
                        .getBytes(StandardCharsets.UTF_8));
                update(digest, entry.getValue().file(), tensor);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new InvalidInputException("Expected readable weights in " + path + "; found " + e + ".", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }

    private static void update(MessageDigest digest, Path file, Safetensors.TensorInfo tensor) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (long done = 0; done < tensor.bytes(); done += MAPPED_BYTES) {
                digest.update(channel.map(FileChannel.MapMode.READ_ONLY, tensor.offset() + done,
                        Math.min(MAPPED_BYTES, tensor.bytes() - done)));
            }
        }
    }
}
