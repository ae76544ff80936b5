package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.config.ExperimentSchema;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an experiment may say of methods, against the methods that Python has. */
class MethodsTest {
    private static Bridge bridge;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        bridge = Bridge.open(PythonEnvironment.find());
    }

    @AfterAll
    static void close() {
        bridge.close();
    }

    @Test
    void theSchemaNamesTheMethodsThatThereAre() {
        JsonObject retention = ExperimentSchema.json().getAsJsonObject("$defs").getAsJsonObject("retention")
                .getAsJsonObject("properties");
        Set<String> named = StreamSupport.stream(retention.getAsJsonObject("method").getAsJsonArray("enum")
                .spliterator(), false).map(JsonElement::getAsString).collect(Collectors.toSet());
        assertEquals(bridge.methods().keySet(), named);
    }

    @Test
    void anExperimentWithoutAnAnchorIsRefusedForThoseThatNeedOne() throws IOException {
        for (Map.Entry<String, Object> method : bridge.methods().entrySet()) {
            boolean refused = false;
            try {
                new TinyExperiment(folder, "gpt2").without("general")
                        .with("retention.method", "\"" + method.getKey() + "\"").experiment();
            } catch (InvalidInputException e) {
                assertTrue(e.getMessage().contains("needs an anchor"), e.getMessage());
                refused = true;
            }
            assertEquals(method.getValue() != null, refused, method.getKey());
        }
    }
}
