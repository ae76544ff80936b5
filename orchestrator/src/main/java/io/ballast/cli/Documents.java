package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** JSON documents of commands that have no richer one. */
final class Documents {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().create();

    private Documents() {
    }

    static String of(JsonElement tree) {
        return GSON.toJson(tree);
    }

    static String text(String key, String text) {
        JsonObject document = new JsonObject();
        document.addProperty(key, text);
        return of(document);
    }

    /** A document that is there already, as the one value of another. */
    static String wrapped(String key, String document) {
        return "{\"" + key + "\": " + document.strip() + "}";
    }

    static String failure(int exitCode, String message) {
        JsonObject document = new JsonObject();
        document.addProperty("exitCode", exitCode);
        document.addProperty("error", message);
        return of(document);
    }
}
