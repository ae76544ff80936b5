package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.config.ExperimentSchema;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        JsonArray ways = retention.getAsJsonObject("method").getAsJsonArray("anyOf");
        Set<String> named = StreamSupport.stream(ways.get(0).getAsJsonObject().getAsJsonArray("enum").spliterator(),
                false).map(JsonElement::getAsString).collect(Collectors.toSet());
        assertEquals(bridge.methods().describeAll().stream().map(method -> method.get("name"))
                .collect(Collectors.toSet()), named);
    }

    @Test
    void anExperimentWithoutAnAnchorIsRefusedForThoseThatNeedOne() throws IOException {
        for (Map<String, Object> method : bridge.methods().describeAll()) {
            boolean refused = isRefused(experiment(method.get("name"), "general"), "needs an anchor");
            assertEquals(method.get("importance") != null, refused, method.get("name").toString());
        }
    }

    @Test
    void formSpaceAndStrengthOfAMethodAreByDefaultWhatPythonHas() throws IOException {
        for (Map<String, Object> method : bridge.methods().describeAll()) {
            RetentionConfig retention = experiment(method.get("name"), "domain").experiment().config().retention();
            String form = Words.of(retention.form());
            assertEquals(((List<?>) method.get("forms")).get(0), form, method.get("name").toString());
            assertEquals(((List<?>) method.get("spaces")).get(0), Words.of(retention.space()));
            assertEquals(((Map<?, ?>) method.get("lambda")).get(form), retention.lambda(), form);
        }
    }

    @Test
    void aFormThatAMethodDoesNotHaveIsRefusedBeforeARun() throws IOException {
        for (Map<String, Object> method : bridge.methods().describeAll()) {
            for (String form : Stream.of(RetentionConfig.Form.values()).map(Words::of).toList()) {
                TinyExperiment tiny = experiment(method.get("name"), "domain").with("retention.form", "\"" + form + "\"");
                boolean refused = isRefused(tiny, "retention.form");
                assertEquals(!((List<?>) method.get("forms")).contains(form), refused, method.get("name") + " " + form);
            }
        }
    }

    @Test
    void aSpaceThatAMethodDoesNotHaveIsRefusedBeforeARun() throws IOException {
        for (Map<String, Object> method : bridge.methods().describeAll()) {
            TinyExperiment effective = experiment(method.get("name"), "domain").with("retention.space", "\"effective\"");
            boolean refused = isRefused(effective, "retention.space");
            assertEquals(!((List<?>) method.get("spaces")).contains("effective"), refused, method.get("name").toString());
        }
    }

    /** Whether it is, and then with what must be said. */
    private static boolean isRefused(TinyExperiment tiny, String said) throws IOException {
        try {
            tiny.experiment();
            return false;
        } catch (InvalidInputException e) {
            assertTrue(e.getMessage().contains(said), e.getMessage());
            return true;
        }
    }

    private TinyExperiment experiment(Object method, String without) throws IOException {
        return new TinyExperiment(folder, "gpt2").without(without).without("retention.form").without("retention.lambda")
                .with("retention.method", "\"" + method + "\"").with("adapter", "{\"rank\": 2}");
    }
}
