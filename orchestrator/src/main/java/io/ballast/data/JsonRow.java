package io.ballast.data;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import io.ballast.InvalidInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A line of JSON Lines as a row: numbers keep their digits, nulls stay nulls. */
final class JsonRow {
    private static final Gson JSON = new GsonBuilder().setStrictness(Strictness.STRICT).create();

    private JsonRow() {
    }

    static Row parse(Path file, long line, String text) {
        String found;
        try {
            JsonElement element = JSON.fromJson(text, JsonElement.class);
            if (element != null && element.isJsonObject()) {
                return new Row(file, line, map(element.getAsJsonObject()));
            }
            found = "is no object: " + text;
        } catch (JsonParseException | NumberFormatException broken) {
            found = "is broken: " + firstLine(broken.getMessage());
        }
        throw new InvalidInputException(file + ", line " + line
                + ": each line should be a JSON object such as {\"text\": \"…\"}, and this one " + found);
    }

    /** The complaint about the first line that is not a row, if there is one. DuckDB's own line can be one off. */
    static Optional<InvalidInputException> firstBroken(Path file) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            long number = 0;
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                number++;
                if (!text.isBlank()) {
                    parse(file, number, text);
                }
            }
            return Optional.empty();
        } catch (InvalidInputException broken) {
            return Optional.of(broken);
        } catch (IOException notText) {
            return Optional.empty();
        }
    }

    private static Map<String, Object> map(JsonObject object) {
        Map<String, Object> values = new LinkedHashMap<>();
        object.entrySet().forEach(entry -> values.put(entry.getKey(), value(entry.getValue())));
        return values;
    }

    private static List<Object> list(JsonArray array) {
        List<Object> values = new ArrayList<>(array.size());
        array.forEach(element -> values.add(value(element)));
        return values;
    }

    private static Object value(JsonElement element) {
        if (element.isJsonNull()) {
            return null;
        }
        if (element.isJsonObject()) {
            return map(element.getAsJsonObject());
        }
        return element.isJsonArray() ? list(element.getAsJsonArray()) : scalar(element.getAsJsonPrimitive());
    }

    private static Object scalar(JsonPrimitive primitive) {
        if (!primitive.isNumber()) {
            return primitive.isBoolean() ? (Object) primitive.getAsBoolean() : primitive.getAsString();
        }
        String digits = primitive.getAsString();
        if (!digits.matches("-?\\d+")) {
            return new BigDecimal(digits);
        }
        BigInteger integer = new BigInteger(digits);
        return integer.bitLength() < Long.SIZE ? (Object) integer.longValue() : integer;
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("");
    }
}
