package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.ballast.Generation;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationTranslatorTest extends WithTinyModel {
    private static final List<String> PROMPTS = List.of("Once upon a time", "The cat", "A boat on the river saw", "I");

    @Test
    void greedyTextIsTheModelsOwn() throws TranslateException {
        try (Predictor<String, String> predictor = djls.newPredictor()) {
            String text = predictor.predict(PROMPTS.get(0));
            assertFalse(text.isEmpty());
            assertEquals(own.generate(List.of(PROMPTS.get(0)), SHORT), List.of(text));
        }
    }

    @Test
    void aBatchIsOneCallWithEachPromptsOwnText() throws TranslateException {
        Metrics metrics = new Metrics();
        try (Predictor<String, String> predictor = djls.newPredictor()) {
            List<String> alone = new ArrayList<>();
            for (String prompt : PROMPTS) {
                alone.add(predictor.predict(prompt));
            }
            predictor.setMetrics(metrics);
            assertEquals(alone, predictor.batchPredict(PROMPTS));
        }
        for (String step : List.of("Preprocess", "Inference", "Postprocess", "Prediction")) {
            assertEquals(1, metrics.getMetric(step).size(), step);
        }
    }

    @Test
    void aSeedRepeatsWhatTemperatureDraws() throws TranslateException {
        Generation drawn = Generation.sampled(12, 1.5, 0.95).withSeed(5);
        try (Predictor<String, String> first = predictor(new GenerationTranslator(drawn));
                Predictor<String, String> second = predictor(new GenerationTranslator(drawn));
                Predictor<String, String> greedy = djls.newPredictor()) {
            String text = first.predict(PROMPTS.get(0));
            assertEquals(text, second.predict(PROMPTS.get(0)));
            assertNotEquals(text, greedy.predict(PROMPTS.get(0)));
        }
    }

    @Test
    void aStopStringEndsTheText() throws TranslateException {
        try (Predictor<String, String> whole = djls.newPredictor()) {
            String text = whole.predict(PROMPTS.get(0));
            // A character of one token: random models write halves of others.
            int last = text.chars().filter(c -> c < 128).reduce((before, after) -> after).orElseThrow();
            String stop = Character.toString(last);
            Generation until = Generation.greedy(12).withStop(stop);
            try (Predictor<String, String> predictor = predictor(new GenerationTranslator(until))) {
                assertEquals(text.substring(0, text.indexOf(stop)), predictor.predict(PROMPTS.get(0)));
            }
        }
    }

    @Test
    void noPromptsAreNoCall() throws TranslateException {
        try (Predictor<String, String> predictor = djls.newPredictor()) {
            assertEquals(List.of(), predictor.batchPredict(List.of()));
        }
    }

    @Test
    void arraysOfNumbersAreRefused() {
        try (Predictor<NDList, NDList> predictor = predictor(new NoopTranslator())) {
            NDList numbers = new NDList(djls.getNDManager().create(FloatBuffer.wrap(new float[] {1}), new Shape(1)));
            String said = assertThrows(TranslateException.class, () -> predictor.predict(numbers)).getMessage();
            assertTrue(said.contains("Expected the arrays of Ballast's translators; found"), said);
        }
    }
}
