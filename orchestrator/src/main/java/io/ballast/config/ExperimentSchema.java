package io.ballast.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.config.RetentionConfig.Xi;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The JSON Schema (draft 2020-12) of an experiment, for editors and for people. */
public final class ExperimentSchema {
    private static final Map<Class<?>, String> JSON_TYPES = Map.of(
            String.class, "string", boolean.class, "boolean", Boolean.class, "boolean",
            double.class, "number", Double.class, "number",
            int.class, "integer", long.class, "integer", Integer.class, "integer");

    private final Map<String, JsonObject> definitions = new TreeMap<>();

    private ExperimentSchema() {
    }

    /**
     * The schema with every key's meaning, default, bounds and words.
     *
     * @return a tree of its own, that may be changed
     */
    public static JsonObject json() {
        ExperimentSchema schema = new ExperimentSchema();
        JsonObject root = new JsonObject();
        root.addProperty("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.addProperty("title", "An experiment of Ballast");
        schema.object(ExperimentConfig.class).asMap().forEach(root::add);
        JsonObject definitions = new JsonObject();
        schema.definitions.forEach(definitions::add);
        root.add("$defs", definitions);
        return root;
    }

    private JsonObject object(Class<?> settings) {
        JsonObject properties = new JsonObject();
        JsonArray required = new JsonArray();
        JsonObject needs = new JsonObject();
        for (Key key : Key.of(settings)) {
            properties.add(key.name(), property(key));
            if (key.setting().required()) {
                required.add(key.name());
            }
            if (!key.setting().needs().isEmpty()) {
                needs.add(key.name(), texts(List.of(key.setting().needs())));
            }
        }
        JsonObject schema = new JsonObject();
        schema.addProperty("type", "object");
        schema.add("properties", properties);
        schema.addProperty("additionalProperties", false);
        addUnlessEmpty(schema, "required", required);
        addUnlessEmpty(schema, "allOf", alternatives(settings));
        if (!needs.isEmpty()) {
            schema.add("dependentRequired", needs);
        }
        return schema;
    }

    private JsonObject property(Key key) {
        JsonObject schema = of(key.type(), key.setting());
        schema.addProperty("description", key.setting().value());
        JsonElement byDefault = key.defaultValue();
        if (!byDefault.isJsonNull()) {
            schema.add("default", byDefault);
        }
        return schema;
    }

    private JsonObject of(Type type, Setting setting) {
        if (type instanceof ParameterizedType generic) {
            return collection(generic, setting);
        }
        Class<?> plain = (Class<?>) type;
        if (plain == Xi.class) {
            return JsonParser.parseString("""
                    {"oneOf": [{"type": "number", "exclusiveMinimum": 0},
                               {"type": "object", "additionalProperties": false, "required": ["relative"],
                                "properties": {"relative": {"type": "number", "exclusiveMinimum": 0}}}]}
                    """).getAsJsonObject();
        }
        return plain.isRecord() ? reference(plain) : scalar(plain, setting);
    }

    private JsonObject collection(ParameterizedType type, Setting setting) {
        JsonObject schema = new JsonObject();
        if (type.getRawType() == Map.class) {
            schema.addProperty("type", "object");
            schema.add("additionalProperties", type.getActualTypeArguments()[1] == String.class
                    ? scalar(String.class, setting)
                    : JsonParser.parseString("{\"type\": [\"string\", \"number\", \"boolean\"]}"));
            return schema;
        }
        schema.addProperty("type", "array");
        if (setting.minimum() > 0) {
            schema.addProperty("minItems", (int) setting.minimum());
        }
        Class<?> of = (Class<?>) type.getActualTypeArguments()[0];
        schema.add("items", of.isRecord() ? reference(of) : scalar(of, setting));
        if (of.isEnum()) {
            schema.addProperty("uniqueItems", true);
        }
        return of.isRecord() ? either(schema, reference(of)) : schema;
    }

    private static JsonObject scalar(Class<?> type, Setting setting) {
        JsonObject schema = new JsonObject();
        if (type.isEnum()) {
            schema.add("enum", texts(Words.of(type)));
            return schema;
        }
        schema.addProperty("type", JSON_TYPES.get(type));
        boolean both = setting.choices().length > 0 && !setting.pattern().isEmpty();
        JsonObject choices = both ? new JsonObject() : schema;
        JsonObject pattern = both ? new JsonObject() : schema;
        if (setting.choices().length > 0) {
            choices.add("enum", texts(List.of(setting.choices())));
        }
        if (!setting.pattern().isEmpty()) {
            pattern.addProperty("pattern", "^(" + setting.pattern() + ")$");
        }
        if (both) {
            JsonArray ways = new JsonArray();
            ways.add(choices);
            ways.add(pattern);
            schema.add("anyOf", ways);
        }
        if (type != String.class) {
            Bounds.of(setting).describe(schema);
        }
        return schema;
    }

    /** A record is defined once under {@code $defs}; a text that may stand for it is allowed beside it. */
    private JsonObject reference(Class<?> settings) {
        String name = settings.getSimpleName().replaceFirst("Config$", "").toLowerCase(Locale.ROOT);
        if (!definitions.containsKey(name)) {
            definitions.put(name, object(settings));
        }
        JsonObject reference = new JsonObject();
        reference.addProperty("$ref", "#/$defs/" + name);
        if (!settings.isAnnotationPresent(Shorthand.class)) {
            return reference;
        }
        return either(JsonParser.parseString("{\"type\": \"string\"}").getAsJsonObject(), reference);
    }

    private static JsonObject either(JsonObject one, JsonObject other) {
        JsonArray ways = new JsonArray();
        ways.add(one);
        ways.add(other);
        JsonObject either = new JsonObject();
        either.add("oneOf", ways);
        return either;
    }

    /** At most one of the keys, or exactly one: as JSON Schema says it, a list of conditions. */
    private static JsonArray alternatives(Class<?> settings) {
        JsonArray all = new JsonArray();
        for (Alternatives alternatives : settings.getAnnotationsByType(Alternatives.class)) {
            JsonArray ways = new JsonArray();
            JsonArray any = new JsonArray();
            for (String key : alternatives.value()) {
                JsonObject way = new JsonObject();
                way.add("required", texts(List.of(key)));
                ways.add(way);
                any.add(way);
            }
            if (!alternatives.required()) {
                JsonObject none = new JsonObject();
                JsonObject anyOf = new JsonObject();
                anyOf.add("anyOf", any);
                none.add("not", anyOf);
                ways.add(none);
            }
            JsonObject oneOf = new JsonObject();
            oneOf.add("oneOf", ways);
            all.add(oneOf);
        }
        return all;
    }

    private static JsonArray texts(Collection<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    private static void addUnlessEmpty(JsonObject schema, String name, JsonArray values) {
        if (!values.isEmpty()) {
            schema.add(name, values);
        }
    }
}
