package io.ballast.config;

import com.google.gson.JsonElement;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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
        if (type == boolean.class) {
            return truth(json, setting, place);
        }
        BigDecimal number = number(json, type, setting, place);
        if (type == double.class || type == Double.class) {
            return number.doubleValue();
        }
        return type == long.class ? (Object) number.longValueExact() : (Object) number.intValueExact();
    }

    /** The words for an enum in a file: lower case. */
    static List<String> words(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(constant -> word((Enum<?>) constant)).toList();
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static Object constant(JsonElement json, Class<?> type, Setting setting, Place place) {
        String word = choice(json, words(type), setting, place);
        return type.getEnumConstants()[words(type).indexOf(word)];
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
        if (setting.choices().length > 0) {
            return choice(json, List.of(setting.choices()), setting, place);
        }
        if (!isText(json)) {
            throw place.wrong("a text", json, setting.value());
        }
        String text = json.getAsString();
        if (!setting.pattern().isEmpty() && !text.matches(setting.pattern())) {
            throw place.wrong("a text of the form " + setting.pattern(), json, setting.value());
        }
        return text;
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
