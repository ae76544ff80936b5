package io.ballast.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.config.RetentionConfig.Xi;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Makes the paths inside a value absolute before it joins an experiment whose own paths start
 * somewhere else. What has the wrong type is left for the {@link RecordBinder} to refuse.
 */
final class PathSettings {
    private PathSettings() {
    }

    static JsonElement absolute(JsonElement json, Type type, Setting setting, Path base, Place place) {
        if (ScalarValue.isText(json) && setting != null && setting.path()) {
            return new JsonPrimitive(FilePath.absolute(json.getAsString(), base, place));
        }
        if (json.isJsonArray() && type instanceof ParameterizedType list) {
            JsonArray array = new JsonArray();
            json.getAsJsonArray().forEach(item ->
                    array.add(absolute(item, list.getActualTypeArguments()[0], setting, base, place)));
            return array;
        }
        if (json.isJsonObject() && type instanceof Class<?> record && record.isRecord() && record != Xi.class) {
            return object(json.getAsJsonObject(), record, base, place);
        }
        if (json.isJsonObject() && type instanceof ParameterizedType) {
            JsonObject object = new JsonObject();
            json.getAsJsonObject().asMap().forEach((name, value) ->
                    object.add(name, entry(name, value, setting, base, place)));
            return object;
        }
        return json;
    }

    /** A value inside an object of single values. */
    static JsonElement entry(String name, JsonElement json, Setting setting, Path base, Place place) {
        if (!ScalarValue.isText(json) || !Arrays.asList(setting.paths()).contains(name)) {
            return json;
        }
        return new JsonPrimitive(Arrays.stream(json.getAsString().split(",")).map(String::strip)
                .filter(path -> !path.isEmpty()).map(path -> FilePath.absolute(path, base, place))
                .collect(Collectors.joining(",")));
    }

    private static JsonObject object(JsonObject json, Class<?> record, Path base, Place place) {
        JsonObject object = new JsonObject();
        json.asMap().forEach((name, value) -> object.add(name, Key.of(record, name)
                .filter(key -> key.setting() != null)
                .map(key -> absolute(value, key.type(), key.setting(), base, place)).orElse(value)));
        return object;
    }
}
