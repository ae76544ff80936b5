package io.ballast.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.config.RetentionConfig.Xi;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Settings from the command line, {@code retention.lambda=3} or {@code general.data.0.path=a.jsonl},
 * written over those of the file. The value is JSON, or else a text; {@code null} takes the key out,
 * which puts its default back.
 */
final class Overrides {
    private final Path base;

    /** @param base the folder that relative paths in overrides start from */
    Overrides(Path base) {
        this.base = base;
    }

    /** The experiment with one override written into it. */
    JsonElement apply(JsonElement experiment, String override) {
        Place place = Place.of("--set " + override);
        int equals = override.indexOf('=');
        if (equals < 1) {
            throw place.wrong("KEY=VALUE such as retention.lambda=3", "no key or no '='", "Write both.");
        }
        return apply(experiment, override.substring(0, equals).strip(), override.substring(equals + 1), place);
    }

    /** The experiment with one value written into it, which is JSON, or else a text. */
    JsonElement apply(JsonElement experiment, String key, String value, Place place) {
        List<String> path = Arrays.asList(key.split("\\.", -1));
        return set(experiment, ExperimentConfig.class, null, path, value, place);
    }

    private JsonElement set(JsonElement json, Type type, Setting setting, List<String> path, String value,
            Place place) {
        if (path.isEmpty()) {
            return PathSettings.absolute(parse(value, type, setting), type, setting, base, place);
        }
        if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            return setInList(json, generic.getActualTypeArguments()[0], setting, path, value, place);
        }
        JsonObject object = json != null && Shorthands.expand(json, rawType(type)).isJsonObject()
                ? Shorthands.expand(json, rawType(type)).getAsJsonObject() : new JsonObject();
        String name = path.get(0);
        Key key = type == Xi.class || !(type instanceof Class<?>) ? null : key((Class<?>) type, name, place);
        Type below = key == null ? below(type, name, place) : key.type();
        JsonElement changed = set(object.get(name), below, key == null ? setting : key.setting(),
                path.subList(1, path.size()), value, place);
        if (changed.isJsonNull()) {
            object.remove(name);
        } else {
            object.add(name, type instanceof ParameterizedType ? PathSettings.entry(name, changed, setting, base, place)
                    : changed);
        }
        return object;
    }

    /** One object may stand for a list of one, and a list of one be changed without an index. */
    private JsonElement setInList(JsonElement json, Type item, Setting setting, List<String> path, String value,
            Place place) {
        boolean indexed = path.get(0).matches("[0-9]+");
        if (setting.alone() && !indexed && (json == null || !json.isJsonArray())) {
            return set(json, item, setting, path, value, place);
        }
        if (setting.alone() && !indexed && json.getAsJsonArray().size() == 1) {
            JsonArray one = json.getAsJsonArray();
            one.set(0, set(one.get(0), item, setting, path, value, place));
            return one;
        }
        if (setting.alone() && indexed && json != null && json.isJsonObject()) {
            JsonArray one = new JsonArray();
            one.add(json);
            return setInList(one, item, setting, path, value, place);
        }
        JsonArray array = json != null && json.isJsonArray() ? json.getAsJsonArray() : new JsonArray();
        String index = path.get(0);
        if (!index.matches("[0-9]{1,6}") || Integer.parseInt(index) >= array.size()) {
            throw place.wrong("the index of an entry, 0 to " + (array.size() - 1), "'" + index + "'",
                    array.isEmpty() ? "The list is empty: give all of it, as JSON." : "The first entry is 0.");
        }
        int at = Integer.parseInt(index);
        array.set(at, set(array.get(at), item, setting, path.subList(1, path.size()), value, place));
        return array;
    }

    private static Key key(Class<?> type, String name, Place place) {
        if (!type.isRecord()) {
            throw place.problem("there is no key '" + name + "' inside a single value. Shorten the key.");
        }
        return Key.of(type, name).orElseThrow(() ->
                place.problem("unknown key '" + name + "'. " + NearestName.advice(name, Key.names(type))));
    }

    /** What is inside ξ and inside a map, which are not settings records. */
    private static Type below(Type type, String name, Place place) {
        if (type != Xi.class) {
            return ((ParameterizedType) type).getActualTypeArguments()[1];
        }
        if (!name.equals(XiForm.RELATIVE)) {
            throw place.problem("unknown key '" + name + "'. " + NearestName.advice(name, List.of(XiForm.RELATIVE)));
        }
        return double.class;
    }

    private static Class<?> rawType(Type type) {
        return type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
    }

    /** Where a text is wanted, {@code 7} and {@code true} are texts too; {@code false} is no folder, though. */
    private static JsonElement parse(String value, Type type, Setting setting) {
        JsonElement json;
        try {
            json = JsonText.parse(value, Place.of("the value"));
        } catch (InvalidInputException e) {
            return new JsonPrimitive(value);
        }
        boolean path = setting != null && setting.path();
        return type == String.class && !path && !json.isJsonNull() && !ScalarValue.isText(json)
                ? new JsonPrimitive(value) : json;
    }
}
