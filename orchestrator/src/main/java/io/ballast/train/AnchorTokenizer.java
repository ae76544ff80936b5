package io.ballast.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import io.ballast.model.AnchorFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The tokenizer that an anchor's general text was read with: with another one the rows of the embedding would stand for
 * other tokens than those whose importance was measured.
 */
final class AnchorTokenizer {
    /** Key of an anchor's provenance. */
    static final String KEY = "tokenizer";

    private AnchorTokenizer() {
    }

    /** Refuses an anchor of another tokenizer; one that does not say which (made in Python, say) is taken. */
    static void check(Path anchor, Tokenizer tokenizer) {
        String made = of(anchor.resolve(AnchorFiles.METADATA));
        if (made != null && !made.equals(tokenizer.fingerprint())) {
            throw new InvalidInputException("retention.anchor: expected an anchor that was made with the model's tokenizer ("
                    + tokenizer.fingerprint() + "), found one made with another (" + made + ") in " + anchor
                    + ". Put the tokenizer back that the model had then, or measure a new anchor.");
        }
    }

    private static String of(Path metadata) {
        try {
            JsonObject provenance = JsonParser.parseString(Files.readString(metadata)).getAsJsonObject()
                    .getAsJsonObject("provenance");
            JsonElement fingerprint = provenance == null ? null : provenance.get(KEY);
            return fingerprint == null ? null : fingerprint.getAsString();
        } catch (IOException | JsonParseException | IllegalStateException | ClassCastException damaged) {
            return null; // Python says what is wrong with it when it opens it
        }
    }
}
