package io.ballast.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Reads a JSON object any part of which may be absent, null or of another type than expected: a run
 * that failed early has written half of it, and its report must still be made.
 *
 * @param json the object read
 */
record Fields(JsonObject json) {

    static Fields of(JsonElement element) {
        return new Fields(element != null && element.isJsonObject() ? element.getAsJsonObject() : new JsonObject());
    }

    boolean isEmpty() {
        return json.size() == 0;
    }

    Fields object(String name) {
        return of(json.get(name));
    }

    /** @return the objects in an array; empty where there is no array */
    List<Fields> objects(String name) {
        return elements(name).filter(JsonElement::isJsonObject).map(Fields::of).toList();
    }

    /** @return the objects in an array, or the one that stands for an array of one; none where there is neither */
    List<Fields> oneOrMore(String name) {
        return json.has(name) && json.get(name).isJsonObject() ? List.of(object(name)) : objects(name);
    }

    List<String> texts(String name) {
        return elements(name).filter(JsonElement::isJsonPrimitive).map(JsonElement::getAsString).toList();
    }

    Optional<String> text(String name) {
        JsonElement element = json.get(name);
        return element != null && element.isJsonPrimitive() ? Optional.of(element.getAsString()) : Optional.empty();
    }

    /** @return the elements of an array as numbers; NaN for what is none */
    double[] numbers(String name) {
        return numbers(elements(name));
    }

    /** @return the same for each of the arrays in an array */
    List<double[]> rows(String name) {
        return elements(name).map(row -> numbers(elements(row))).toList();
    }

    private static double[] numbers(Stream<JsonElement> elements) {
        return elements.mapToDouble(each -> each.isJsonPrimitive() ? parse(each.getAsString()) : Double.NaN).toArray();
    }

    /** @return the number, or NaN where there is none; JSON has no NaN, so it may stand as a text */
    double number(String name) {
        return text(name).map(Fields::parse).orElse(Double.NaN);
    }

    boolean flag(String name) {
        return text(name).map(Boolean::parseBoolean).orElse(false);
    }

    private Stream<JsonElement> elements(String name) {
        return elements(json.get(name));
    }

    private static Stream<JsonElement> elements(JsonElement element) {
        JsonArray array = element != null && element.isJsonArray() ? element.getAsJsonArray() : new JsonArray();
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static double parse(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }
}
