package io.ballast.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** Writes a text that stands for an object out as that object. */
final class Shorthands {
    private Shorthands() {
    }

    /** The object that a text stands for, where the record allows one; anything else stays as it is. */
    static JsonElement expand(JsonElement json, Class<?> type) {
        Shorthand shorthand = type.getAnnotation(Shorthand.class);
        if (shorthand == null || !ScalarValue.isText(json)) {
            return json;
        }
        JsonObject object = new JsonObject();
        object.add(shorthand.value(), json);
        return object;
    }
}
