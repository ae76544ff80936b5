package io.ballast.cli;

import com.google.gson.JsonObject;
import io.ballast.config.ExperimentSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** The settings of an experiment that concern forgetting, beside a method's own options; each as the schema has it. */
final class MethodSettings {
    private static final JsonObject SCHEMA = ExperimentSchema.json().getAsJsonObject("$defs");
    /** Where in an experiment, what the schema calls it, and which of its keys; none for all. */
    private static final Map<String, Part> PARTS = Map.of(
            "retention", new Part("retention", List.of()),
            "importance", new Part("importance", List.of()),
            "domain", new Part("phase", List.of("replay", "replayData")),
            "general.data", new Part("data", List.of("generate")),
            "adapter", new Part("adapter", List.of()),
            "afterTraining", new Part("aftertraining", List.of()));
    private static final List<String> OF_THE_METHOD = List.of("method", "options", "lambda", "form", "space");

    private static final String PATH_INTEGRAL = "path_integral";
    private static final String WALK = "riemannian_walk";
    private static final List<String> OF_A_PATH_INTEGRAL = List.of("xi", "gradient", "layers", "layerCoefficients");
    private static final List<String> OF_A_MEASUREMENT_APART = List.of("samples", "labels");

    private record Part(String definition, List<String> keys) {
    }

    private MethodSettings() {
    }

    /** By place and key, each with description, default and bounds. */
    static JsonObject json() {
        JsonObject places = new JsonObject();
        PARTS.keySet().stream().sorted().forEach(place -> {
            JsonObject keys = new JsonObject();
            keys(place).forEach(key -> keys.add(key, setting(place, key)));
            places.add(place, keys);
        });
        return places;
    }

    /** What goes beside any method, or in place of one. */
    static void beside(BiConsumer<String, String> line) {
        told(line, "domain", "replay");
        told(line, "general.data", "generate");
        told(line, "adapter", "kind");
        told(line, "afterTraining", "method");
        told(line, "afterTraining", "strength");
    }

    /**
     * What further shapes a method whose importance is measured; its options, form and strength are told elsewhere.
     *
     * @param importance what it measures, as the bridge calls it
     */
    static void ofImportance(Object importance, BiConsumer<String, String> line) {
        List<String> ofOthers = new ArrayList<>();
        if (!importance.equals(PATH_INTEGRAL)) {
            ofOthers.addAll(OF_A_PATH_INTEGRAL);
        }
        if (importance.equals(PATH_INTEGRAL) || importance.equals(WALK)) { // Along the way too.
            ofOthers.addAll(OF_A_MEASUREMENT_APART);
        }
        Stream.of("retention", "importance").forEach(place -> keys(place)
                .filter(key -> !OF_THE_METHOD.contains(key) && !ofOthers.contains(key))
                .forEach(key -> told(line, place, key)));
    }

    private static void told(BiConsumer<String, String> line, String place, String key) {
        JsonObject setting = setting(place, key);
        String byDefault = setting.has("default") ? " = " + setting.get("default").toString().replace("\"", "") : "";
        line.accept(place + "." + key + byDefault, setting.get("description").getAsString());
    }

    private static Stream<String> keys(String place) {
        Part part = PARTS.get(place);
        return part.keys.isEmpty() ? properties(part).keySet().stream() : part.keys.stream();
    }

    private static JsonObject setting(String place, String key) {
        return properties(PARTS.get(place)).getAsJsonObject(key);
    }

    private static JsonObject properties(Part part) {
        return SCHEMA.getAsJsonObject(part.definition).getAsJsonObject("properties");
    }
}
