package io.ballast.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.ballast.InvalidInputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;

/**
 * Strict JSON (RFC 8259). Gson's own tree reader takes the last of two equal keys without a word,
 * so the tree is built here: an experiment with the same key twice has a mistake in it.
 */
final class JsonText {
    private static final int SHOWN = 60;

    private JsonText() {
    }

    /** The tree of a text, or an error with its line and column. */
    static JsonElement parse(String text, Place place) {
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        try {
            JsonElement tree = element(reader, place);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new MalformedJsonException("more than one value");
            }
            return tree;
        } catch (EOFException e) {
            throw syntax(place, "the text ends too early", reader, e);
        } catch (MalformedJsonException | NumberFormatException e) {
            throw syntax(place, problem(e), reader, e);
        } catch (IOException e) {
            throw new IllegalStateException("reading a text in memory", e);
        }
    }

    /** A value in the words of a message: its kind and, when short, itself. */
    static String describe(JsonElement json) {
        if (json == null) {
            return "nothing";
        }
        if (json.isJsonObject()) {
            return "an object with " + (json.getAsJsonObject().isEmpty() ? "no keys"
                    : "the keys " + String.join(", ", json.getAsJsonObject().keySet()));
        }
        if (json.isJsonArray()) {
            return "a list of " + json.getAsJsonArray().size();
        }
        String text = json.toString();
        String shown = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
        if (json.isJsonNull() || json.getAsJsonPrimitive().isBoolean()) {
            return shown;
        }
        return (json.getAsJsonPrimitive().isNumber() ? "the number " : "the text ") + shown;
    }

    private static JsonElement element(JsonReader reader, Place place) throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(reader, place);
            case BEGIN_ARRAY -> array(reader, place);
            case STRING -> new JsonPrimitive(reader.nextString());
            case NUMBER -> new JsonPrimitive(new BigDecimal(reader.nextString()));
            case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
            case NULL -> {
                reader.nextNull();
                yield JsonNull.INSTANCE;
            }
            default -> throw new MalformedJsonException("expected a value");
        };
    }

    private static JsonObject object(JsonReader reader, Place place) throws IOException {
        JsonObject object = new JsonObject();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (object.has(name)) {
                throw place.key(name).problem("the key is there twice" + position(reader) + ". Keep one of them.");
            }
            object.add(name, element(reader, place.key(name)));
        }
        reader.endObject();
        return object;
    }

    private static JsonArray array(JsonReader reader, Place place) throws IOException {
        JsonArray array = new JsonArray();
        reader.beginArray();
        while (reader.hasNext()) {
            array.add(element(reader, place.index(array.size())));
        }
        reader.endArray();
        return array;
    }

    private static InvalidInputException syntax(Place place, String problem, JsonReader reader, Exception cause) {
        return new InvalidInputException(place + ": this is not JSON: " + problem + position(reader)
                + ". Look for a missing comma, quote or bracket there, a comma too many, or a comment.", cause);
    }

    /** Gson's message without its address of a page about leniency, and without the position, which follows. */
    private static String problem(Exception e) {
        String message = e.getMessage() == null ? "a number cannot be read" : e.getMessage();
        return message.lines().findFirst().orElse("")
                .replaceFirst("^Use JsonReader\\.setStrictness.*? to accept malformed JSON", "unexpected characters")
                .replaceFirst(" at line \\d+ column \\d+.*", "");
    }

    /** Only {@code toString()} of Gson's reader tells where it stands: "JsonReader at line 3 column 9 path $.a". */
    private static String position(JsonReader reader) {
        return reader.toString().replaceFirst("^JsonReader", "").replaceFirst(" path \\$\\.?$", "")
                .replaceFirst(" path \\$\\.?(.+)$", ", near $1");
    }
}
