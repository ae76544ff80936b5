package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import io.ballast.Continuation;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoringTranslatorTest extends WithTinyModel {
    private static final Continuations ANIMALS = Continuations.of("The cat sees", " a fish", " the dog", " itself");
    private static final Continuations NONE = Continuations.of("The cat sees");
    private static final Continuations BOATS = Continuations.of("A boat", " sinks");

    private static float nats(String context, String continuation) {
        return (float) own.score(List.of(new Continuation(context, continuation))).get(0).logProbability();
    }

    @Test
    void eachContinuationHasItsLogProbability() throws TranslateException {
        try (Predictor<Continuations, float[]> predictor = predictor(new ScoringTranslator())) {
            float[] expected = {nats("The cat sees", " a fish"), nats("The cat sees", " the dog"),
                nats("The cat sees", " itself")};
            assertArrayEquals(expected, predictor.predict(ANIMALS), 1e-4f);
        }
    }

    @Test
    void aBatchIsOneCall() throws TranslateException {
        Metrics metrics = new Metrics();
        try (Predictor<Continuations, float[]> predictor = predictor(new ScoringTranslator())) {
            predictor.setMetrics(metrics);
            List<float[]> scores = predictor.batchPredict(List.of(ANIMALS, NONE, BOATS));
            assertEquals(List.of(3, 0, 1), scores.stream().map(each -> each.length).toList());
            assertEquals(nats("A boat", " sinks"), scores.get(2)[0], 1e-4f);
        }
        assertEquals(1, metrics.getMetric("Inference").size());
    }

    @Test
    void theFactoryKnowsTheTypes() throws Exception {
        Criteria<Continuations, float[]> criteria = Criteria.builder().setTypes(Continuations.class, float[].class)
                .optEngine("Ballast").optModelPath(FOLDER).optTranslatorFactory(new BallastTranslatorFactory()).build();
        try (ZooModel<Continuations, float[]> model = criteria.loadModel();
                Predictor<Continuations, float[]> predictor = model.newPredictor()) {
            assertEquals(nats("A boat", " sinks"), predictor.predict(BOATS)[0], 1e-4f);
        }
    }
}
