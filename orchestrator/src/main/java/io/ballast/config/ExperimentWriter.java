package io.ballast.config;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.config.RetentionConfig.Xi;
import java.util.List;
import java.util.Map;

/**
 * Writes an experiment with every default. What is not part of it (no adapter, say) has no key;
 * {@link ExperimentReader} reads the same experiment back.
 */
public final class ExperimentWriter {
    private ExperimentWriter() {
    }

    /**
     * An experiment as a JSON document.
     *
     * @param experiment the experiment
     * @return JSON with indentation and a newline at its end
     */
    public static String toJson(ExperimentConfig experiment) {
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(toTree(experiment)) + "\n";
    }

    /**
     * An experiment as a JSON tree.
     *
     * @param experiment the experiment
     * @return a tree of its own, that may be changed
     */
    public static JsonObject toTree(ExperimentConfig experiment) {
        return object(experiment, false);
    }

    /**
     * An experiment with only what differs from the defaults: a setting that comes to Ballast later does not change it.
     *
     * @param experiment the experiment
     * @return a tree of its own, that may be changed
     */
    public static JsonObject toTreeWithoutDefaults(ExperimentConfig experiment) {
        return object(experiment, true);
    }

    private static JsonObject object(Record settings, boolean withoutDefaults) {
        JsonObject object = new JsonObject();
        for (Key key : Key.of(settings.getClass())) {
            Object value = component(settings, key);
            boolean empty = value instanceof Map<?, ?> map && map.isEmpty()
                    || value instanceof List<?> list && list.isEmpty() && key.defaultValue().isJsonNull();
            if (value != null && !empty) {
                boolean alone = key.setting().alone() && ((List<?>) value).size() == 1;
                JsonElement written = element(alone ? ((List<?>) value).get(0) : value, withoutDefaults);
                if (!withoutDefaults || !isEqual(written, key.defaultValue())) {
                    object.add(key.name(), written);
                }
            }
        }
        return object;
    }

    /** Whether two values are the same, 1 and 1.0 too. */
    private static boolean isEqual(JsonElement written, JsonElement byDefault) {
        if (ScalarValue.isNumber(written) && ScalarValue.isNumber(byDefault)) {
            return written.getAsBigDecimal().compareTo(byDefault.getAsBigDecimal()) == 0;
        }
        if (written.isJsonObject() && byDefault.isJsonObject()) {
            JsonObject one = written.getAsJsonObject();
            JsonObject other = byDefault.getAsJsonObject();
            return one.keySet().equals(other.keySet())
                    && one.keySet().stream().allMatch(name -> isEqual(one.get(name), other.get(name)));
        }
        return written.equals(byDefault);
    }

    private static Object component(Record settings, Key key) {
        try {
            return key.component().getAccessor().invoke(settings);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the accessor of " + key.name() + " failed", e);
        }
    }

    private static JsonElement element(Object value, boolean withoutDefaults) {
        if (value instanceof Xi xi) {
            return XiForm.write(xi);
        }
        if (value instanceof Record settings) {
            return object(settings, withoutDefaults);
        }
        if (value instanceof List<?> list) {
            JsonArray array = new JsonArray();
            list.forEach(item -> array.add(element(item, withoutDefaults)));
            return array;
        }
        if (value instanceof Map<?, ?> map) {
            JsonObject object = new JsonObject();
            map.forEach((name, each) -> object.add((String) name, scalar(each)));
            return object;
        }
        return scalar(value);
    }

    private static JsonPrimitive scalar(Object value) {
        if (value instanceof Enum<?> constant) {
            return new JsonPrimitive(Words.of(constant));
        }
        if (value instanceof Double number) {
            return new JsonPrimitive(PlainNumber.of(number));
        }
        if (value instanceof Number number) {
            return new JsonPrimitive(number);
        }
        return value instanceof Boolean truth ? new JsonPrimitive(truth) : new JsonPrimitive((String) value);
    }
}
