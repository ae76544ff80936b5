package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExperimentSchemaTest {
    private final JsonObject schema = ExperimentSchema.json();

    static Stream<Arguments> records() {
        return Stream.of(ExperimentConfig.class, ModelConfig.class, AdapterConfig.class, PhaseConfig.class,
                DataConfig.class, RetentionConfig.class, EvaluationConfig.class, TaskConfig.class)
                .map(Arguments::of);
    }

    private JsonObject definition(Class<?> settings) {
        return settings == ExperimentConfig.class ? schema : schema.getAsJsonObject("$defs")
                .getAsJsonObject(settings.getSimpleName().replace("Config", "").toLowerCase(Locale.ROOT));
    }

    @ParameterizedTest
    @MethodSource("records")
    void everyKeyIsThereWithItsMeaningAndDefaultAndNoOtherIsAllowed(Class<?> settings) {
        JsonObject definition = definition(settings);
        assertEquals(Set.copyOf(Key.names(settings)), definition.getAsJsonObject("properties").keySet());
        assertFalse(definition.get("additionalProperties").getAsBoolean());
        for (Key key : Key.of(settings)) {
            JsonObject property = definition.getAsJsonObject("properties").getAsJsonObject(key.name());
            assertTrue(property.get("description").getAsString().endsWith("."), key.name());
            assertEquals(key.defaultValue().isJsonNull(), !property.has("default"), key.name());
            assertFalse(key.setting().required() && property.has("default"), key.name() + " has a default it never uses");
        }
    }

    /** Independent of how defaults get in: a file that spells all of them out reads as one that does not. */
    @Test
    void defaultsOfTheSchemaAreThoseOfTheReader() {
        JsonObject spelledOut = Experiments.tree(Experiments.DOMAIN);
        addDefaults(spelledOut, schema);
        addDefaults(spelledOut.getAsJsonObject("model"), definition(ModelConfig.class));
        addDefaults(spelledOut.getAsJsonObject("domain"), definition(PhaseConfig.class));
        addDefaults(spelledOut.getAsJsonObject("retention"), definition(RetentionConfig.class));
        addDefaults(spelledOut.getAsJsonObject("evaluation"), definition(EvaluationConfig.class));
        addDefaults(spelledOut.getAsJsonObject("domain").getAsJsonArray("data").get(0).getAsJsonObject(),
                definition(DataConfig.class));
        assertEquals(Experiments.parse(Experiments.DOMAIN), ExperimentReader.parse(spelledOut, Experiments.BASE));
        assertTrue(spelledOut.toString().length() > 2 * Experiments.DOMAIN.length());
    }

    private static void addDefaults(JsonObject object, JsonObject definition) {
        definition.getAsJsonObject("properties").asMap().forEach((name, property) -> {
            if (property.getAsJsonObject().has("default") && !object.has(name)) {
                object.add(name, property.getAsJsonObject().get("default").deepCopy());
            }
        });
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        assertTrue(checkReferences(schema) >= 8);
    }

    private int checkReferences(JsonElement json) {
        if (json.isJsonArray()) {
            return json.getAsJsonArray().asList().stream().mapToInt(this::checkReferences).sum();
        }
        if (!json.isJsonObject()) {
            return 0;
        }
        JsonObject object = json.getAsJsonObject();
        int here = 0;
        if (object.has("$ref")) {
            String name = object.get("$ref").getAsString().replace("#/$defs/", "");
            assertTrue(schema.getAsJsonObject("$defs").has(name), name);
            here = 1;
        }
        return here + object.asMap().values().stream().mapToInt(this::checkReferences).sum();
    }

    @Test
    void boundsAndWordsAreThere() {
        JsonObject phase = definition(PhaseConfig.class).getAsJsonObject("properties");
        assertEquals(0, phase.getAsJsonObject("learningRate").get("exclusiveMinimum").getAsDouble());
        assertEquals(1, phase.getAsJsonObject("steps").get("minimum").getAsInt());
        assertEquals(List.of("linear", "cosine", "constant"), phase.getAsJsonObject("schedule")
                .getAsJsonArray("enum").asList().stream().map(JsonElement::getAsString).toList());
        assertEquals(1, phase.getAsJsonObject("data").getAsJsonArray("oneOf").get(0).getAsJsonObject().get("minItems")
                .getAsInt(), "a list, or one object");
        assertEquals("[\"completion\"]", definition(DataConfig.class).getAsJsonObject("dependentRequired")
                .get("prompt").toString());
        assertEquals("https://json-schema.org/draft/2020-12/schema", schema.get("$schema").getAsString());
    }

    @Test
    void schemaIsMadeAnewForEachCaller() {
        ExperimentSchema.json().remove("$defs");
        assertTrue(ExperimentSchema.json().has("$defs"));
    }
}
