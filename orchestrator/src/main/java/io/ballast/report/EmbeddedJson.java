package io.ballast.report;

import com.google.gson.JsonElement;
import java.util.Map;

/**
 * JSON that may stand inside an HTML script element: nothing in it can end the element, open a comment
 * or break a line, and it is JSON to the letter. {@code <}, {@code >}, {@code &}, U+2028 and U+2029 are
 * written as escapes, a number that is not finite as the text {@code "NaN"}, {@code "Infinity"} or
 * {@code "-Infinity"}. An unpaired surrogate, which UTF-8 cannot carry and browsers trip over, becomes U+FFFD.
 */
final class EmbeddedJson {
    private EmbeddedJson() {
    }

    static String of(JsonElement element) {
        StringBuilder out = new StringBuilder();
        write(element, out);
        return out.toString();
    }

    private static void write(JsonElement element, StringBuilder out) {
        if (element.isJsonObject()) {
            String separator = "{";
            for (Map.Entry<String, JsonElement> entry : element.getAsJsonObject().entrySet()) {
                text(entry.getKey(), out.append(separator));
                write(entry.getValue(), out.append(':'));
                separator = ",";
            }
            out.append(separator.equals("{") ? "{}" : "}");
        } else if (element.isJsonArray()) {
            String separator = "[";
            for (JsonElement each : element.getAsJsonArray()) {
                write(each, out.append(separator));
                separator = ",";
            }
            out.append(separator.equals("[") ? "[]" : "]");
        } else if (element.isJsonPrimitive() && element.getAsJsonPrimitive().isString()) {
            text(element.getAsString(), out);
        } else if (isNotFinite(element)) {
            text(Double.toString(element.getAsDouble()), out);
        } else {
            out.append(element);
        }
    }

    private static boolean isNotFinite(JsonElement element) {
        return element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber()
                && !Double.isFinite(element.getAsDouble());
    }

    private static void text(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '"' || character == '\\') {
                out.append('\\').append(character);
            } else if (isUnpaired(text, i)) {
                out.append('\uFFFD');
            } else if (mustBeEscaped(character)) {
                out.append(String.format("\\u%04x", (int) character));
            } else {
                out.append(character);
            }
        }
        out.append('"');
    }

    private static boolean mustBeEscaped(char character) {
        return character < ' ' || character == '<' || character == '>' || character == '&'
                || character == '\u2028' || character == '\u2029';
    }

    private static boolean isUnpaired(String text, int index) {
        char character = text.charAt(index);
        if (Character.isHighSurrogate(character)) {
            return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
        }
        return Character.isLowSurrogate(character)
                && (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
    }
}
