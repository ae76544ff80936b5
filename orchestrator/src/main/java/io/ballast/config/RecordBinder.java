package io.ballast.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.config.RetentionConfig.Xi;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes settings records of JSON. Every value keeps its {@link Place}, so that the first thing
 * wrong is named with its keys, what was expected there and what was found.
 */
final class RecordBinder {
    private final Path base;

    /** @param base the folder that relative paths start from */
    RecordBinder(Path base) {
        this.base = base;
    }

    <T> T bind(JsonElement json, Class<T> type, Place place) {
        JsonObject object = object(json, type, place);
        checkKeys(object, type, place);
        List<Object> values = new ArrayList<>();
        for (Key key : Key.of(type)) {
            values.add(component(object, key, place));
        }
        return construct(type, values);
    }

    private static JsonObject object(JsonElement json, Class<?> type, Place place) {
        JsonElement whole = Shorthands.expand(json, type);
        if (!whole.isJsonObject()) {
            throw place.wrong("an object with keys such as " + Key.names(type).get(0), json,
                    "There is: " + String.join(", ", Key.names(type)) + ".");
        }
        return whole.getAsJsonObject();
    }

    private static void checkKeys(JsonObject object, Class<?> type, Place place) {
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
            List<String> names = Key.names(type);
            if (!names.contains(entry.getKey())) {
                throw place.key(entry.getKey()).problem("unknown key. " + NearestName.advice(entry.getKey(), names));
            }
            if (entry.getValue().isJsonNull()) {
                throw place.key(entry.getKey()).wrong("a value", "null", "Leave the key out instead.");
            }
        }
        KeyRules.check(object, type, place);
    }

    private Object component(JsonObject object, Key key, Place place) {
        JsonElement json = object.has(key.name()) ? object.get(key.name()) : key.defaultValue();
        if (!json.isJsonNull()) {
            return value(json, key.type(), key.setting(), place.key(key.name()));
        }
        if (key.setting().required()) {
            throw place.key(key.name()).problem("the key is missing and has no default. " + key.setting().value());
        }
        return null;
    }

    private Object value(JsonElement json, Type type, Setting setting, Place place) {
        if (type instanceof ParameterizedType generic) {
            return generic.getRawType() == List.class
                    ? list(json, generic.getActualTypeArguments()[0], setting, place)
                    : map(json, generic.getActualTypeArguments()[1], setting, place);
        }
        Class<?> plain = (Class<?>) type;
        if (plain == Xi.class) {
            return XiForm.read(json, setting, place);
        }
        if (plain.isRecord()) {
            return bind(json, plain, place);
        }
        Object value = ScalarValue.read(json, plain, setting, place);
        return setting.path() ? FilePath.absolute((String) value, base, place) : value;
    }

    /** One object may stand for a list of one. */
    private List<Object> list(JsonElement json, Type of, Setting setting, Place place) {
        JsonArray array = new JsonArray();
        if (json.isJsonObject() && of instanceof Class<?> item && item.isRecord()) {
            array.add(json);
        } else if (json.isJsonArray()) {
            array = json.getAsJsonArray();
        } else {
            throw place.wrong("a list", json, "Put it in brackets: [ … ].");
        }
        if (array.size() < setting.minimum()) {
            throw place.wrong("a list" + Bounds.of(setting).inWords(), json, setting.value());
        }
        List<Object> values = new ArrayList<>();
        for (JsonElement item : array) {
            Place here = setting.alone() && json.isJsonObject() ? place : place.index(values.size());
            Object value = value(item, of, setting, here);
            if (value instanceof Enum<?> && values.contains(value)) {
                throw place.index(values.size()).problem(item.getAsString() + " is there twice. Keep one of them.");
            }
            values.add(value);
        }
        return List.copyOf(values);
    }

    private Map<String, Object> map(JsonElement json, Type of, Setting setting, Place place) {
        if (!json.isJsonObject()) {
            throw place.wrong("an object of " + (of == String.class ? "texts" : "single values"), json,
                    setting.value());
        }
        Map<String, Object> values = new LinkedHashMap<>();
        json.getAsJsonObject().asMap().forEach((name, value) -> values.put(name, of == String.class
                ? ScalarValue.read(value, String.class, setting, place.key(name))
                : ScalarValue.any(PathSettings.entry(name, value, setting, base, place.key(name)), setting,
                        place.key(name))));
        return values;
    }

    private static <T> T construct(Class<T> type, List<Object> values) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(values.toArray());
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the constructor of " + type + " refused " + values, e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no canonical constructor of " + type, e);
        }
    }
}
