package io.ballast.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.config.RetentionConfig.Xi;

/** The two forms of ξ in a file: a number, or <code>{"relative": r}</code>. */
final class XiForm {
    static final String RELATIVE = "relative";

    private XiForm() {
    }

    static Xi read(JsonElement json, Setting setting, Place place) {
        if (!json.isJsonObject()) {
            return new Xi(positive(json, setting, place), false);
        }
        JsonObject object = json.getAsJsonObject();
        if (!object.has(RELATIVE) || object.size() != 1) {
            throw place.wrong("a number or {\"relative\": r}", json, setting.value());
        }
        return new Xi(positive(object.get(RELATIVE), setting, place.key(RELATIVE)), true);
    }

    static JsonElement write(Xi xi) {
        JsonPrimitive value = new JsonPrimitive(PlainNumber.of(xi.value()));
        if (!xi.relative()) {
            return value;
        }
        JsonObject object = new JsonObject();
        object.add(RELATIVE, value);
        return object;
    }

    private static double positive(JsonElement json, Setting setting, Place place) {
        Bounds bounds = Bounds.positive();
        if (!ScalarValue.isNumber(json) || !ScalarValue.isFinite(json.getAsBigDecimal())
                || !bounds.hold(json.getAsBigDecimal())) {
            throw place.wrong("a number" + bounds.inWords() + " or {\"relative\": r}", json, setting.value());
        }
        return json.getAsDouble();
    }
}
