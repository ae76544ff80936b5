package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.huggingface.translator.TextEmbeddingTranslatorFactory;
import ai.djl.inference.Predictor;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import io.ballast.TestHub;
import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of Ballast's and one of DJL's Rust engine (it comes with the tokenizers) in one JVM. */
@Tag("one-jdk")
class BesideOtherEnginesTest {
    private static final String TEXT = "the cat sees a fish";
    private static final String OF_DJLS_ZOO = "djl://ai.djl.huggingface.rust/BAAI/bge-small-en-v1.5";

    @TempDir
    static Path folder;
    private static double[] expected;
    private static Map<String, String> answers;

    /** Prints a line for each question. */
    static final class Both {
        private Both() {
        }

        public static void main(String[] arguments) throws Exception {
            try (ZooModel<String, String> model = Criteria.builder().setTypes(String.class, String.class)
                    .optEngine("Ballast").optModelPath(Path.of(arguments[0])).optArgument("maxTokens", 8)
                    .optTranslatorFactory(new BallastTranslatorFactory()).build().loadModel();
                    Predictor<String, String> predictor = model.newPredictor()) {
                Answers.print("text", () -> predictor.predict(TEXT).isEmpty());
                Answers.print("embedding", () -> embedding(Path.of(arguments[1])));
                Answers.print("text again", () -> predictor.predict(TEXT).isEmpty());
            }
            Answers.print("zoo", () -> Repository.newInstance("zoo", OF_DJLS_ZOO).getResources());
        }
    }

    private static String embedding(Path embedder) throws Exception {
        try (ZooModel<String, float[]> model = Criteria.builder().setTypes(String.class, float[].class)
                .optEngine("Rust").optModelPath(embedder).optArgument("includeTokenTypes", true)
                .optArgument("normalize", false).optTranslatorFactory(new TextEmbeddingTranslatorFactory()).build()
                .loadModel(); Predictor<String, float[]> predictor = model.newPredictor()) {
            return Arrays.toString(predictor.predict(TEXT)).replaceAll("[\\[\\],]", "");
        }
    }

    @BeforeAll
    static void runBoth() throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("ballast.home"));
        Path embedder = folder.resolve("embedder");
        Process python = new ProcessBuilder(home.resolve(".venv/bin/python").toString(),
                home.resolve("python-ext/tests/tiny_embedder.py").toString(), embedder.toString(), TEXT)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        expected = numbers(new String(python.getInputStream().readAllBytes()));
        assertEquals(0, python.waitFor());
        try (TestHub hub = new TestHub(folder)) {
            answers = Answers.read(hub.run(Both.class, Map.of("DJL_CACHE_DIR", folder.resolve("djl").toString()),
                    TinyModels.folder("llama-tied").toString(), embedder.toString()));
        }
    }

    private static double[] numbers(String text) {
        return Arrays.stream(text.trim().split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    /** The Rust engine computes in float16. */
    @Test
    void anEmbeddingIsPyTorchsWhileBallastHasAModelOpen() {
        assertArrayEquals(expected, numbers(answers.get("embedding")), 2e-3);
        assertEquals("false", answers.get("text"));
        assertEquals("false", answers.get("text again"));
    }

    @Test
    void addressesOfDjlsZooAreStillDjls() {
        assertEquals("[" + OF_DJLS_ZOO + "]", answers.get("zoo"));
    }
}
