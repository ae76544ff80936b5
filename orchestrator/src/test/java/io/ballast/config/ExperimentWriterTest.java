package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExperimentWriterTest {
    @ParameterizedTest
    @ValueSource(strings = {Experiments.DOMAIN, Experiments.WHOLE})
    void whatIsWrittenReadsBackAsTheSameFromAnywhere(String json) {
        ExperimentConfig config = Experiments.parse(json);
        String written = ExperimentWriter.toJson(config);
        ExperimentConfig again = ExperimentReader.parse(Experiments.tree(written), Path.of("/somewhere/else"));
        assertEquals(written, ExperimentWriter.toJson(again));
        assertEquals(again, ExperimentReader.parse(Experiments.tree(ExperimentWriter.toJson(again)), Path.of("/")));
    }

    @Test
    void everyDefaultIsWrittenAndWhatIsNoPartHasNoKey() {
        String written = ExperimentWriter.toJson(Experiments.parse(Experiments.DOMAIN));
        assertTrue(written.contains("\"lambda\": 30"), written);
        assertTrue(written.contains("\"learningRate\": 0.0001"), written);
        assertTrue(written.contains("\"relative\": 1"), written);
        assertTrue(written.contains("\"form\": \"proximal\""), written);
        assertFalse(written.contains("null"), written);
        assertFalse(written.contains("adapter"), written);
    }

    @ParameterizedTest
    @ValueSource(strings = {Experiments.DOMAIN, Experiments.WHOLE})
    void withoutDefaultsItReadsBackAsTheSame(String json) {
        ExperimentConfig config = Experiments.parse(json);
        assertEquals(ExperimentWriter.toJson(config), ExperimentWriter.toJson(
                ExperimentReader.parse(ExperimentWriter.toTreeWithoutDefaults(config), Path.of("/"))));
    }

    @Test
    void withoutDefaultsOnlyWhatDiffersIsLeft() {
        JsonObject changed = ExperimentWriter.toTreeWithoutDefaults(Experiments.parse(Experiments.DOMAIN));
        assertEquals(Set.of("name", "output", "model", "domain", "retention", "evaluation", "plugins"),
                changed.keySet(), "a path's default has become absolute");
        assertEquals(Set.of("data", "steps", "learningRate"), changed.getAsJsonObject("domain").keySet());
        assertEquals(Set.of("path"), changed.getAsJsonObject("model").keySet());
    }
}
