package io.ballast.tensor;

import io.ballast.InvalidInputException;
import io.ballast.fuzz.Fuzzing;
import io.ballast.model.ModelFolder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class SafetensorsFuzzTest {
    private static final String HEADER = "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],"
            + "\"data_offsets\":[0,24]},\"a\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]}}";

    @TempDir
    Path folder;

    /** The folder is asked what `validate` and a run ask it: size and hash. */
    @Test
    void damagedWeightsAreRefusedOrRead() throws Exception {
        byte[] json = HEADER.getBytes(StandardCharsets.UTF_8);
        byte[] valid = ByteBuffer.allocate(8 + json.length + 26).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length).put(json).array();
        Files.writeString(folder.resolve("config.json"), "{}");
        Path file = folder.resolve("model.safetensors");
        Fuzzing.of("safetensors", InvalidInputException.class).run(List.of(valid), damaged -> {
            Files.write(file, damaged);
            ModelFolder model = ModelFolder.open(folder);
            model.parameters();
            model.weightsHash();
        });
    }

    @Test
    void aDamagedConfigurationIsRefusedOrRead() throws Exception {
        byte[] json = HEADER.getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("model.safetensors"), ByteBuffer.allocate(8 + json.length + 26)
                .order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).array());
        Path file = folder.resolve("config.json");
        byte[] valid = "{\"model_type\": \"llama\", \"hidden_size\": 32, \"architectures\": [\"LlamaForCausalLM\"]}"
                .getBytes(StandardCharsets.UTF_8);
        Fuzzing.of("config.json", InvalidInputException.class).run(List.of(valid), damaged -> {
            Files.write(file, damaged);
            ModelFolder.open(folder);
        });
    }
}
