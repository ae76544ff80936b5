package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelZoo;
import io.ballast.TestHub;
import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BallastEngineTest {
    /** A JVM that has no Python: Ballast's folder is said to be elsewhere. */
    static final class WithoutPython {
        private WithoutPython() {
        }

        public static void main(String[] arguments) {
            System.setProperty("ballast.home", arguments[0]);
            Answers.print("engines", () -> Engine.getAllEngines().contains("Ballast"));
            Answers.print("engine", () -> Engine.getEngine("Ballast").getEngineName());
            Answers.print("default", Engine::getDefaultEngineName);
            Answers.print("zoos", () -> ModelZoo.listModels().size() >= 0);
            Answers.print("load", () -> Criteria.builder().setTypes(String.class, String.class).optEngine("Ballast")
                    .optModelPath(Path.of(arguments[1])).optTranslatorFactory(new BallastTranslatorFactory()).build()
                    .loadModel());
            Answers.print("hub", () -> Criteria.builder().setTypes(String.class, String.class)
                    .optModelUrls("hf://tiny/llama").build().loadModel());
        }
    }

    @Test
    void withoutPythonDjlWorksAndOnlyLoadingAModelSaysWhatIsMissing(@TempDir Path empty)
            throws IOException, InterruptedException {
        Map<String, String> answers;
        try (TestHub hub = new TestHub(empty)) {
            answers = Answers.read(hub.run(WithoutPython.class, Map.of(), empty.toString(),
                    TinyModels.folder("llama-tied").toString()));
        }
        assertEquals("true", answers.get("engines"));
        assertEquals("Ballast", answers.get("engine"));
        assertEquals("true", answers.get("zoos"));
        String load = answers.get("load");
        assertTrue(load.matches("EngineException Expected a Python environment with Jep at .*setup.*"), load);
        String hub = answers.get("hub");
        assertTrue(hub.matches("IOException Expected a Python environment with Jep at .*setup.*"), hub);
    }

    @Test
    void theDefaultEngineIsAnother() {
        assertEquals("Rust", Engine.getDefaultEngineName(), "what comes with the tokenizers");
        assertEquals("Ballast", Engine.getEngine("Ballast").toString().split(":")[0]);
    }

    @Test
    void itHasNoArraysOfItsOwn() {
        assertThrows(UnsupportedOperationException.class, () -> Engine.getEngine("Ballast").newBaseManager().eye(2));
    }
}
