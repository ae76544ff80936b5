package io.ballast.tracking;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An experiment's settings as MLflow's parameters: {@code domain.learningRate}, as {@code --set} names them. */
final class ExperimentParameters {
    /** MLflow refuses longer values. */
    private static final int LONGEST = 6_000;

    private ExperimentParameters() {
    }

    /** One {@code {"key": …, "value": …}} for each setting that has a value. */
    static List<Map<String, String>> of(Path experiment) {
        try {
            List<Map<String, String>> parameters = new ArrayList<>();
            add(parameters, "", JsonParser.parseString(Files.readString(experiment)));
            return parameters;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void add(List<Map<String, String>> parameters, String key, JsonElement value) {
        if (value instanceof JsonObject object) {
            object.entrySet().forEach(entry -> add(parameters, below(key, entry.getKey()), entry.getValue()));
        } else if (value instanceof JsonArray array) {
            for (int i = 0; i < array.size(); i++) {
                add(parameters, below(key, String.valueOf(i)), array.get(i));
            }
        } else if (!value.isJsonNull()) {
            String text = value.getAsString();
            parameters.add(Map.of("key", key, "value", text.substring(0, Math.min(LONGEST, text.length()))));
        }
    }

    private static String below(String key, String name) {
        return key.isEmpty() ? name : key + "." + name;
    }
}
