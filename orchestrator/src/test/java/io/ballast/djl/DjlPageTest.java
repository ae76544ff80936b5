package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.util.ProgressBar;
import ai.djl.util.Progress;
import io.ballast.Ballast;
import io.ballast.Generation;
import io.ballast.PageCode;
import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The code in docs/djl.md is this class's, in an application that opens no Ballast. */
class DjlPageTest {

    private final Path folder = TinyModels.folder("llama-tied");

    @Test
    void generates() throws Exception {
        Metrics metrics = new Metrics();
        Criteria<String, String> criteria = Criteria.builder()
                .setTypes(String.class, String.class)
                .optEngine("Ballast")
                .optModelPath(folder)
                .optTranslator(new GenerationTranslator(Generation.greedy(16)))
                .build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            predictor.setMetrics(metrics);
            String one = predictor.predict("Once upon a time");
            List<String> several = predictor.batchPredict(List.of("The cat", "The dog", "A boat"));
            assertTrue(!one.isEmpty() && several.size() == 3);
        }
        assertEquals(2, metrics.getMetric("Inference").size(), "a batch is one call");
        assertEquals(Optional.empty(), Ballast.current());
    }

    @Test
    void streams() throws Exception {
        Generation how = Generation.greedy(16);
        StringBuilder text = new StringBuilder();
        try (ZooModel<String, String> model = load(how)) {
            try (Predictor<String, TextStream> predictor = model.newPredictor(new StreamingGenerationTranslator(how));
                    TextStream pieces = predictor.streamingPredict("Once upon a time").getIterativeOutput()) {
                pieces.forEachRemaining(text::append);
            }
            assertEquals(model.newPredictor().predict("Once upon a time"), text.toString());
        }
    }

    @Test
    void scores() throws Exception {
        try (ZooModel<String, String> model = load(Generation.greedy(16))) {
            try (Predictor<Continuations, float[]> predictor = model.newPredictor(new ScoringTranslator())) {
                float[] nats = predictor.predict(Continuations.of("The capital of France is", " Paris", " Lyon"));
                assertTrue(nats.length == 2 && nats[0] < 0 && nats[1] < 0);
            }
        }
    }

    @Test
    void findsTheHub() throws IOException {
        Progress progress = new ProgressBar();
        Criteria<String, String> criteria = Criteria.builder()
                .setTypes(String.class, String.class)
                .optModelUrls("hf://tiny/llama@v1.0?maxTokens=16&temperature=0")
                .optProgress(progress)
                .build();
        assertEquals("llama", criteria.getModelZoo().getModelLoader("llama").getArtifactId());
    }

    private ZooModel<String, String> load(Generation how) throws Exception {
        return Criteria.builder().setTypes(String.class, String.class).optEngine("Ballast").optModelPath(folder)
                .optTranslator(new GenerationTranslator(how)).build().loadModel();
    }

    @Test
    void thePagesCodeIsThisCode() throws IOException {
        PageCode.assertTested("docs/djl.md", 4, DjlPageTest.class);
    }
}
