package io.ballast.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What the JSON files of a model's folder say about its tokens.
 *
 * @param bos            the token that opens a text
 * @param eos            the token that ends a text
 * @param vocabularySize highest id and one
 * @param fingerprint    SHA-256 over the files
 */
record TokenizerFiles(OptionalInt bos, OptionalInt eos, int vocabularySize, String fingerprint) {
    private static final String TOKENIZER = "tokenizer.json";
    /** Files that name special tokens, first the ones that transformers' tokenizers read. */
    private static final List<String> NAMING_TOKENS = List.of("tokenizer_config.json", "special_tokens_map.json");
    /** Files of the model, which know ids: for tokenizers whose tokens are defaults of a Python class. */
    private static final List<String> NAMING_IDS = List.of("generation_config.json", "config.json");
    private static final List<String> CHAT_TEMPLATES = List.of("chat_template.jinja", "chat_template.json");

    static TokenizerFiles read(Path folder) {
        Map<String, Integer> vocabulary = vocabulary(folder.resolve(TOKENIZER));
        int size = 1 + vocabulary.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
        OptionalInt bos = special(folder, "bos_token", vocabulary);
        OptionalInt eos = special(folder, "eos_token", vocabulary);
        return new TokenizerFiles(bos, eos, size, fingerprint(folder, bos, eos));
    }

    private static Map<String, Integer> vocabulary(Path file) {
        Map<String, Integer> ids = new HashMap<>();
        try {
            JsonObject tokenizer = json(file);
            JsonElement vocabulary = tokenizer.getAsJsonObject("model").get("vocab");
            if (vocabulary.isJsonArray()) {
                addUnigrams(vocabulary.getAsJsonArray(), ids);
            } else {
                vocabulary.getAsJsonObject().entrySet()
                        .forEach(entry -> ids.put(entry.getKey(), entry.getValue().getAsInt()));
            }
            JsonElement added = tokenizer.get("added_tokens");
            for (JsonElement token : added == null ? new JsonArray() : added.getAsJsonArray()) {
                JsonObject fields = token.getAsJsonObject();
                ids.put(fields.get("content").getAsString(), fields.get("id").getAsInt());
            }
            return ids;
        } catch (RuntimeException unexpected) {
            throw new InvalidInputException("The tokenizer " + file + " is not one of Hugging Face's tokenizers "
                    + "library: " + unexpected.getMessage(), unexpected);
        }
    }

    /** A Unigram vocabulary is a list of [token, score]; the id is the place in the list. */
    private static void addUnigrams(JsonArray vocabulary, Map<String, Integer> ids) {
        for (JsonElement entry : vocabulary) {
            ids.put(entry.getAsJsonArray().get(0).getAsString(), ids.size());
        }
    }

    /**
     * A file that has the key decides, even if it says null: Qwen's tokenizer has no BOS, though its
     * {@code config.json} carries an id for one.
     */
    private static OptionalInt special(Path folder, String key, Map<String, Integer> vocabulary) {
        for (String name : NAMING_TOKENS) {
            JsonObject fields = jsonIfPresent(folder.resolve(name));
            if (fields.has(key)) {
                return id(fields.get(key), vocabulary, folder.resolve(name));
            }
        }
        for (String name : NAMING_IDS) {
            JsonElement id = jsonIfPresent(folder.resolve(name)).get(key + "_id");
            if (id != null && !id.isJsonNull()) {
                return OptionalInt.of(id.isJsonArray() ? id.getAsJsonArray().get(0).getAsInt() : id.getAsInt());
            }
        }
        return OptionalInt.empty();
    }

    private static OptionalInt id(JsonElement token, Map<String, Integer> vocabulary, Path file) {
        if (token.isJsonNull()) {
            return OptionalInt.empty();
        }
        String content = token.isJsonObject() ? token.getAsJsonObject().get("content").getAsString()
                : token.getAsString();
        Integer id = vocabulary.get(content);
        if (id == null) {
            throw new InvalidInputException("The special token '" + content + "' of " + file + " is not in "
                    + TOKENIZER + " beside it. The two files belong to different tokenizers.");
        }
        return OptionalInt.of(id);
    }

    private static String fingerprint(Path folder, OptionalInt bos, OptionalInt eos) {
        Sha256 hash = new Sha256().text(bos + " " + eos);
        for (List<String> names : List.of(List.of(TOKENIZER), NAMING_TOKENS, CHAT_TEMPLATES)) {
            for (String name : names) {
                Path file = folder.resolve(name);
                if (Files.isRegularFile(file)) {
                    hash.text(name).file(file);
                }
            }
        }
        return hash.hex();
    }

    private static JsonObject jsonIfPresent(Path file) {
        return Files.isRegularFile(file) ? json(file) : new JsonObject();
    }

    private static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        } catch (JsonParseException | IllegalStateException broken) {
            throw new InvalidInputException(file + " is not a JSON object: " + broken.getMessage(), broken);
        }
    }
}
