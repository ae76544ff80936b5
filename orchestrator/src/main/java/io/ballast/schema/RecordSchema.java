package io.ballast.schema;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.annotations.SerializedName;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JSON Schema (draft 2020-12) of a record as Gson writes it. Keys that it does not know are allowed: a later
 * version may write more.
 */
final class RecordSchema {
    private final Map<String, JsonObject> definitions = new TreeMap<>();

    private RecordSchema() {
    }

    /**
     * @param type  a record
     * @param title what its document is
     * @return a tree of its own, that may be changed
     */
    static JsonObject of(Class<? extends Record> type, String title) {
        RecordSchema schema = new RecordSchema();
        JsonObject root = new JsonObject();
        root.addProperty("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.addProperty("title", title);
        schema.object(type).asMap().forEach(root::add);
        JsonObject definitions = new JsonObject();
        schema.definitions.forEach(definitions::add);
        if (!definitions.isEmpty()) {
            root.add("$defs", definitions);
        }
        return root;
    }

    private JsonObject object(Class<?> type) {
        JsonObject properties = new JsonObject();
        JsonArray required = new JsonArray();
        for (RecordComponent component : type.getRecordComponents()) {
            properties.add(JsonRecord.name(component), property(component));
            if (!JsonRecord.mayBeAbsent(component)) {
                required.add(JsonRecord.name(component));
            }
        }
        JsonObject schema = new JsonObject();
        schema.addProperty("type", "object");
        schema.add("properties", properties);
        schema.add("required", required);
        return schema;
    }

    /** What may be absent may also be null: a line of a JSON Lines file is written with its nulls. */
    private JsonObject property(RecordComponent component) {
        JsonObject schema = of(component.getGenericType());
        if (!JsonRecord.mayBeAbsent(component) || schema.isEmpty()) {
            return schema;
        }
        JsonArray ways = new JsonArray();
        ways.add(schema);
        ways.add(JsonParser.parseString("{\"type\": \"null\"}"));
        JsonObject either = new JsonObject();
        either.add("anyOf", ways);
        return either;
    }

    private JsonObject of(Type type) {
        if (type instanceof ParameterizedType generic) {
            return collection(generic);
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isRecord()) {
            return reference(plain);
        }
        return plain.isEnum() ? words(plain) : scalar(plain);
    }

    private JsonObject collection(ParameterizedType type) {
        boolean isMap = type.getRawType() == Map.class;
        Type[] of = type.getActualTypeArguments();
        JsonObject schema = new JsonObject();
        schema.addProperty("type", isMap ? "object" : "array");
        JsonObject element = of(of[of.length - 1]);
        if (!element.isEmpty()) {
            schema.add(isMap ? "additionalProperties" : "items", element);
        }
        return schema;
    }

    private JsonObject reference(Class<?> record) {
        Class<?> outer = record.getDeclaringClass(); // a run and its forecast both have phases
        String name = (outer == null ? "" : outer.getSimpleName() + ".") + record.getSimpleName();
        if (!definitions.containsKey(name)) {
            definitions.put(name, new JsonObject()); // a record that holds its like ends here
            definitions.put(name, object(record));
        }
        JsonObject reference = new JsonObject();
        reference.addProperty("$ref", "#/$defs/" + name);
        return reference;
    }

    private static JsonObject words(Class<?> type) {
        JsonArray words = new JsonArray();
        Arrays.stream(type.getFields()).filter(field -> field.isEnumConstant())
                .map(field -> field.getAnnotation(SerializedName.class).value()).forEach(words::add);
        JsonObject schema = new JsonObject();
        schema.add("enum", words);
        return schema;
    }

    /** Nothing is said of an {@code Object} or a {@code JsonElement}. */
    private static JsonObject scalar(Class<?> type) {
        JsonObject schema = new JsonObject();
        if (type == String.class) {
            schema.addProperty("type", "string");
        } else if (type == boolean.class || type == Boolean.class) {
            schema.addProperty("type", "boolean");
        } else if (List.of(double.class, Double.class).contains(type)) {
            schema.addProperty("type", "number");
        } else if (List.of(int.class, long.class, Integer.class, Long.class).contains(type)) {
            schema.addProperty("type", "integer");
        } else if (type != Object.class && !JsonElement.class.isAssignableFrom(type)) {
            throw new IllegalStateException("no JSON type for " + type);
        }
        return schema;
    }
}
