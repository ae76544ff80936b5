package io.ballast.config;

import com.google.gson.JsonElement;
import java.math.BigDecimal;
import java.util.List;

/** Reads a text, a number, a truth value or one of a few words, and checks it against its setting. */
final class ScalarValue {
    private ScalarValue() {
    }

    static Object read(JsonElement json, Class<?> type, Setting setting, Place place) {
        if (type.isEnum()) {
            return constant(json, type, setting, place);
        }
        if (type == String.class) {
            return text(json, setting, place);
        }
        if (type == boolean.class || type == Boolean.class) {
            return truth(json, setting, place);
        }
        BigDecimal number = number(json, type, setting, place);
        if (type == double.class || type == Double.class) {
            return number.doubleValue();
        }
        return type == long.class ? (Object) number.longValueExact() : (Object) number.intValueExact();
    }

    private static Object constant(JsonElement json, Class<?> type, Setting setting, Place place) {
        String word = choice(json, Words.of(type), setting, place);
        return type.getEnumConstants()[Words.of(type).indexOf(word)];
    }

    private static String choice(JsonElement json, List<String> choices, Setting setting, Place place) {
        if (!isText(json)) {
            throw place.wrong("one of " + String.join(", ", choices), json, setting.value());
        }
        String written = json.getAsString();
        if (!choices.contains(written)) {
            throw place.wrong("one of " + String.join(", ", choices), json, NearestName.of(written, choices)
                    .map(name -> "Did you mean '" + name + "'?").orElse(setting.value()));
        }
        return written;
    }

    private static String text(JsonElement json, Setting setting, Place place) {
        boolean hasPattern = !setting.pattern().isEmpty();
        boolean ofThePattern = hasPattern && isText(json) && json.getAsString().matches(setting.pattern());
        if (setting.choices().length > 0 && !ofThePattern) {
            return choice(json, List.of(setting.choices()), setting, place);
        }
        if (!isText(json)) {
            throw place.wrong("a text", json, setting.value());
        }
        if (hasPattern && !ofThePattern) {
            throw place.wrong("a text of the form " + setting.pattern(), json, setting.value());
        }
        return json.getAsString();
    }

    private static boolean truth(JsonElement json, Setting setting, Place place) {
        if (!json.isJsonPrimitive() || !json.getAsJsonPrimitive().isBoolean()) {
            throw place.wrong("true or false", json, setting.value());
        }
        return json.getAsBoolean();
    }

    /** A number that the type can hold and the bounds allow. {@code 80.0} is whole, as JSON Schema has it. */
    private static BigDecimal number(JsonElement json, Class<?> type, Setting setting, Place place) {
        Bounds bounds = Bounds.of(setting);
        boolean whole = type != double.class && type != Double.class;
        BigDecimal number = isNumber(json) ? json.getAsBigDecimal() : null;
        if (number == null || !(whole ? isWhole(number, type) : isFinite(number)) || !bounds.hold(number)) {
            throw place.wrong((whole ? "a whole number" : "a number") + bounds.inWords(), json, setting.value());
        }
        return number;
    }

    /** A text, a truth value or a number, as it stands: for keys that a method defines. */
    static Object any(JsonElement json, Setting setting, Place place) {
        if (isText(json)) {
            return json.getAsString();
        }
        if (!json.isJsonPrimitive()) {
            throw place.wrong("a text, a number, true or false", json, setting.value());
        }
        if (json.getAsJsonPrimitive().isBoolean()) {
            return json.getAsBoolean();
        }
        BigDecimal number = json.getAsBigDecimal();
        return isWhole(number, long.class) ? (Object) number.longValueExact() : (Object) number.doubleValue();
    }

    static boolean isNumber(JsonElement json) {
        return json.isJsonPrimitive() && json.getAsJsonPrimitive().isNumber();
    }

    static boolean isText(JsonElement json) {
        return json.isJsonPrimitive() && json.getAsJsonPrimitive().isString();
    }

    static boolean isFinite(BigDecimal number) {
        return Double.isFinite(number.doubleValue());
    }

    private static boolean isWhole(BigDecimal number, Class<?> type) {
        try {
            long value = number.longValueExact();
            return type == long.class || value == (int) value;
        } catch (ArithmeticException e) {
            return false;
        }
    }
}
