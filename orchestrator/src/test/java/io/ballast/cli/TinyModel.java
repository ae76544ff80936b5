package io.ballast.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** A whole Hugging Face checkpoint of a Llama with a few thousand random parameters, made without Python. */
final class TinyModel {
    private static final String[] WORDS =
        {"<s>", "</s>", "<unk>", "the", "cat", "dog", "sees", "eats", "a", "fish", "tree", "and", "."};
    private static final int VOCABULARY = 16;
    private static final int HIDDEN = 8;
    private static final int FEED_FORWARD = 16;

    private TinyModel() {
    }

    static Path write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d, "hidden_size": %d,
                 "intermediate_size": %d, "num_hidden_layers": 1, "num_attention_heads": 2,
                 "num_key_value_heads": 1, "max_position_embeddings": 32, "tie_word_embeddings": true,
                 "bos_token_id": 0, "eos_token_id": 1, "rms_norm_eps": 1e-5, "hidden_act": "silu"}
                """.formatted(VOCABULARY, HIDDEN, FEED_FORWARD));
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
        Files.writeString(folder.resolve("tokenizer_config.json"), """
                {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
                 "unk_token": "<unk>"}
                """);
        weights(folder.resolve("model.safetensors"));
        return folder;
    }

    private static String tokenizer() {
        JsonObject vocabulary = new JsonObject();
        for (int i = 0; i < WORDS.length; i++) {
            vocabulary.addProperty(WORDS[i], i);
        }
        return """
                {"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
                 "added_tokens": [
                   {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true},
                   {"id": 1, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true}],
                 "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
                 "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": %s}}
                """.formatted(vocabulary);
    }

    private static void weights(Path file) throws IOException {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        String layer = "model.layers.0.";
        shapes.put("model.embed_tokens.weight", new int[] {VOCABULARY, HIDDEN});
        shapes.put(layer + "input_layernorm.weight", new int[] {HIDDEN});
        shapes.put(layer + "post_attention_layernorm.weight", new int[] {HIDDEN});
        shapes.put(layer + "self_attn.q_proj.weight", new int[] {HIDDEN, HIDDEN});
        shapes.put(layer + "self_attn.k_proj.weight", new int[] {HIDDEN / 2, HIDDEN});
        shapes.put(layer + "self_attn.v_proj.weight", new int[] {HIDDEN / 2, HIDDEN});
        shapes.put(layer + "self_attn.o_proj.weight", new int[] {HIDDEN, HIDDEN});
        shapes.put(layer + "mlp.gate_proj.weight", new int[] {FEED_FORWARD, HIDDEN});
        shapes.put(layer + "mlp.up_proj.weight", new int[] {FEED_FORWARD, HIDDEN});
        shapes.put(layer + "mlp.down_proj.weight", new int[] {HIDDEN, FEED_FORWARD});
        shapes.put("model.norm.weight", new int[] {HIDDEN});
        JsonObject header = new JsonObject();
        JsonObject format = new JsonObject();
        format.addProperty("format", "pt");
        header.add("__metadata__", format);
        int end = 0;
        for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
            int bytes = Float.BYTES * elements(tensor.getValue());
            header.add(tensor.getKey(), describe(tensor.getValue(), end, end + bytes));
            end += bytes;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES + json.length + end).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(json.length).put(json);
        Random random = new Random(7);
        shapes.values().forEach(shape -> {
            for (int i = 0; i < elements(shape); i++) {
                buffer.putFloat(shape.length == 1 ? 1 : (float) (0.3 * random.nextGaussian()));
            }
        });
        Files.write(file, buffer.array());
    }

    private static int elements(int[] shape) {
        return shape.length == 1 ? shape[0] : shape[0] * shape[1];
    }

    private static JsonObject describe(int[] shape, int begin, int end) {
        return JsonParser.parseString("{\"dtype\": \"F32\", \"shape\": "
                + Arrays.toString(shape) + ", \"data_offsets\": [" + begin + ", " + end + "]}")
                .getAsJsonObject();
    }
}
