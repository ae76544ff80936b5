package io.ballast.eval;

import com.google.gson.Gson;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A real tokenizer file with one token a character, so that expected ids can be written down by hand. */
final class CharacterTokenizer {
    static final int BOS = 1;
    static final int EOS = 2;
    static final int VOCABULARY = 3 + 1 + '~' - ' ' + 1;

    private CharacterTokenizer() {}

    /** @return the id of a character */
    static int id(char character) {
        return character == '\n' ? 3 : 4 + character - ' ';
    }

    /**
     * @param folder  where to write it
     * @param addsBos whether it puts BOS before a text by itself
     * @return the tokenizer
     */
    static Tokenizer in(Path folder, boolean addsBos) {
        Map<String, Integer> vocabulary = new LinkedHashMap<>(Map.of("<unk>", 0, "<s>", BOS, "</s>", EOS, "\n", 3));
        for (char character = ' '; character <= '~'; character++) {
            vocabulary.put(String.valueOf(character), id(character));
        }
        List<Map<String, Object>> added = new ArrayList<>();
        List.of("<unk>", "<s>", "</s>").forEach(token -> added.add(Map.of("id", vocabulary.get(token),
                "content", token, "special", true, "single_word", false, "lstrip", false, "rstrip", false,
                "normalized", false)));
        Map<String, Object> tokenizer = new LinkedHashMap<>();
        tokenizer.put("version", "1.0");
        tokenizer.put("added_tokens", added);
        if (addsBos) {
            tokenizer.put("post_processor", beginsWithBos());
        }
        tokenizer.put("decoder", Map.of("type", "Fuse"));
        tokenizer.put("model", Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of(), "unk_token", "<unk>"));
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("tokenizer.json"), new Gson().toJson(tokenizer));
            Files.writeString(folder.resolve("tokenizer_config.json"),
                    "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"unk_token\": \"<unk>\"}");
            return Tokenizer.open(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> beginsWithBos() {
        Object bos = Map.of("SpecialToken", Map.of("id", "<s>", "type_id", 0));
        Object text = Map.of("Sequence", Map.of("id", "A", "type_id", 0));
        Object second = Map.of("Sequence", Map.of("id", "B", "type_id", 1));
        return Map.of("type", "TemplateProcessing", "single", List.of(bos, text), "pair", List.of(bos, text, second),
                "special_tokens", Map.of("<s>", Map.of("id", "<s>", "ids", List.of(BOS), "tokens", List.of("<s>"))));
    }
}
