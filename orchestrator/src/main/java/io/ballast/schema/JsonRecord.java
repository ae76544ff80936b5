package io.ballast.schema;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.annotations.SerializedName;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Set;

/**
 * Records read from JSON by Gson, whole or not at all. Gson itself leaves null what a file lacks, which shows only later
 * and elsewhere, and throws exceptions of several kinds at numbers that are none.
 */
public final class JsonRecord {
    private static final Set<Class<?>> BOXES = Set.of(Double.class, Long.class, Integer.class, Boolean.class);

    private JsonRecord() {
    }

    /**
     * Reads a record.
     *
     * @param gson how
     * @param json a text
     * @param type the record
     * @param <T>  the record
     * @return it, with all that {@link MayBeAbsent} does not excuse
     * @throws JsonParseException when the text is no JSON, of other types, or lacks something
     */
    public static <T extends Record> T parse(Gson gson, String json, Class<T> type) {
        return whole(read(() -> gson.fromJson(json, type)), type);
    }

    /**
     * Reads a record.
     *
     * @param gson how
     * @param json a tree
     * @param type the record
     * @param <T>  the record
     * @return it, with all that {@link MayBeAbsent} does not excuse
     * @throws JsonParseException when the tree has other types, or lacks something
     */
    public static <T extends Record> T parse(Gson gson, JsonElement json, Class<T> type) {
        return whole(read(() -> gson.fromJson(json, type)), type);
    }

    /**
     * Looks at the number of a document's schema before all else: what another version wrote lacks what it lacks.
     *
     * @param gson     how
     * @param json     a text
     * @param expected the number
     * @throws JsonParseException when the text is no JSON, no object, or of another schema
     */
    public static void checkSchema(Gson gson, String json, int expected) {
        JsonElement tree = read(() -> gson.fromJson(json, JsonElement.class));
        JsonElement found = tree instanceof JsonObject object ? object.get("schema") : null;
        if (!new JsonPrimitive(expected).equals(found)) {
            throw new JsonParseException("schema " + (found == null ? "nothing" : found));
        }
    }

    private interface Reading<T> {
        T read();
    }

    private static <T> T read(Reading<T> reading) {
        try {
            return reading.read();
        } catch (NumberFormatException | IllegalStateException | UnsupportedOperationException | ClassCastException
                | ArithmeticException other) {
            throw new JsonParseException(other.getMessage(), other);
        }
    }

    private static <T extends Record> T whole(T read, Class<T> type) {
        if (read == null) {
            throw new JsonParseException("null, where an object should be");
        }
        check(read, type.getSimpleName());
        return read;
    }

    private static void check(Record record, String place) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value = value(record, component);
            if (value == null && !mayBeAbsent(component)) {
                throw new JsonParseException("no '" + name(component) + "' in " + place);
            }
            checkValue(value, place + "." + name(component));
        }
    }

    private static void checkValue(Object value, String place) {
        if (value instanceof Record record) {
            check(record, place);
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i) == null) {
                    throw new JsonParseException("null in " + place + "[" + i + "]");
                }
                checkValue(list.get(i), place + "[" + i + "]");
            }
        }
    }

    /** The field itself: an accessor may put something else in place of null. */
    private static Object value(Record record, RecordComponent component) {
        try {
            Field field = record.getClass().getDeclaredField(component.getName());
            field.setAccessible(true);
            return field.get(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record has a field for each component", e);
        }
    }

    static boolean mayBeAbsent(RecordComponent component) {
        return component.isAnnotationPresent(MayBeAbsent.class) || BOXES.contains(component.getType());
    }

    /** The key of a component in JSON. */
    static String name(RecordComponent component) {
        try {
            SerializedName name = component.getDeclaringRecord().getDeclaredField(component.getName())
                    .getAnnotation(SerializedName.class);
            return name == null ? component.getName() : name.value();
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("a record has a field for each component", e);
        }
    }
}
