package io.ballast.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * YAML 1.2 with the core schema: {@code 1e-4} is a number and {@code no} is a text, unlike in
 * YAML 1.1. What comes out is the tree that JSON would have given.
 */
final class YamlText {
    /** As deep as Gson lets JSON be; an alias inside its own anchor would go on for ever. */
    private static final int DEEPEST = 255;
    /** Values that aliases may add: a few lines of aliases of aliases would stand for billions. */
    private static final int MOST_REPEATED = 100_000;

    private final Place whole;
    private long valuesLeft;

    private YamlText(Place whole, int characters) {
        this.whole = whole;
        this.valuesLeft = (long) characters + MOST_REPEATED; // each value of its own has a character at least
    }

    /** The tree of a text, or an error with its line and column. */
    static JsonElement parse(String text, Place place) {
        LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).setAllowDuplicateKeys(false).build();
        try {
            return new YamlText(place, text.length()).element(new Load(settings).loadFromString(text), place, 0);
        } catch (MarkedYamlEngineException e) {
            String position = e.getProblemMark()
                    .map(mark -> " at line " + (mark.getLine() + 1) + " column " + (mark.getColumn() + 1)).orElse("");
            throw new InvalidInputException(place + ": this is not YAML: " + e.getProblem() + position
                    + ". Look at the indentation, the quotes and repeated keys there.", e);
        } catch (StackOverflowError e) { // the engine has no limit of its own
            throw tooDeep(place);
        } catch (NumberFormatException | IndexOutOfBoundsException e) { // the engine, at an escape such as "\\x" alone
            throw new InvalidInputException(place + ": this is not YAML: an escape (\\x, \\u) in double quotes is not whole"
                    + " (" + e.getMessage() + ").", e);
        } catch (YamlEngineException e) {
            throw new InvalidInputException(place + ": this is not YAML: " + e.getMessage(), e);
        }
    }

    private JsonElement element(Object value, Place place, int depth) {
        if (valuesLeft-- == 0) {
            throw whole.problem("its aliases (*name) stand for more than " + MOST_REPEATED
                    + " values. Write out what is meant.");
        }
        if (depth > DEEPEST) {
            throw tooDeep(place);
        }
        if (value instanceof Map<?, ?> map) {
            return object(map, place, depth);
        }
        if (value instanceof List<?> list) {
            JsonArray array = new JsonArray();
            list.forEach(item -> array.add(element(item, place.index(array.size()), depth + 1)));
            return array;
        }
        return scalar(value, place);
    }

    private static InvalidInputException tooDeep(Place place) {
        return place.problem("the values are nested deeper than " + DEEPEST
                + ". Look for an alias (*name) inside its own anchor (&name).");
    }

    private JsonObject object(Map<?, ?> map, Place place, int depth) {
        JsonObject object = new JsonObject();
        map.forEach((key, item) -> {
            if (!(key instanceof String name)) {
                throw place.wrong("a text as key", String.valueOf(key), "Put the key in quotes.");
            }
            object.add(name, element(item, place.key(name), depth + 1));
        });
        return object;
    }

    private static JsonElement scalar(Object value, Place place) {
        if (value == null) {
            return JsonNull.INSTANCE;
        }
        if (value instanceof Boolean truth) {
            return new JsonPrimitive(truth);
        }
        if (value instanceof Double number && !Double.isFinite(number)) {
            throw place.wrong("a finite number", value.toString(), "");
        }
        if (value instanceof Number number) {
            return new JsonPrimitive(new BigDecimal(number.toString()));
        }
        if (value instanceof String text) {
            return new JsonPrimitive(text);
        }
        throw place.wrong("a text, a number, true, false, a list or keys", value.getClass().getSimpleName(),
                "Leave the tag (!!…) out.");
    }
}
