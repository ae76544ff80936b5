package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import io.ballast.Generation;
import io.ballast.InvalidInputException;
import io.ballast.StoppedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamingGenerationTranslatorTest extends WithTinyModel {
    private static final String PROMPT = "Once upon a time";

    private static Predictor<String, TextStream> streaming(Generation how) {
        return predictor(new StreamingGenerationTranslator(how));
    }

    @Test
    void thePiecesAreTheText() throws TranslateException {
        List<String> pieces = new ArrayList<>();
        try (Predictor<String, TextStream> predictor = streaming(SHORT)) {
            assertTrue(predictor.supportsStreaming());
            TextStream stream = predictor.streamingPredict(PROMPT).getIterativeOutput();
            stream.forEachRemaining(pieces::add);
            assertThrows(NoSuchElementException.class, stream::next);
        }
        assertTrue(pieces.size() > 1, pieces.toString());
        assertEquals(own.generate(List.of(PROMPT), SHORT), List.of(String.join("", pieces)));
    }

    @Test
    void metricsTellOfTheFirstPieceAndOfTheEnd() throws TranslateException {
        Metrics metrics = new Metrics();
        try (Predictor<String, TextStream> predictor = streaming(SHORT)) {
            predictor.setMetrics(metrics);
            predictor.streamingPredict(PROMPT).getIterativeOutput().forEachRemaining(piece -> { });
        }
        double first = metrics.getMetric("FirstPiece").get(0).getValue().doubleValue();
        double end = metrics.getMetric("Prediction").get(0).getValue().doubleValue();
        assertTrue(0 < first && first <= end, first + " " + end);
    }

    @Test
    void predictAtOnceIsAStreamOfOnePiece() throws TranslateException {
        try (Predictor<String, TextStream> predictor = streaming(SHORT)) {
            TextStream stream = predictor.predict(PROMPT);
            assertEquals(own.generate(List.of(PROMPT), SHORT), List.of(stream.next()));
            assertFalse(stream.hasNext());
        }
    }

    /** A model that reads so many tokens; a text of them takes a minute. */
    private static ZooModel<String, String> patient(Path folder) throws Exception {
        for (Path file : Files.list(FOLDER).toList()) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config)
                .replaceAll("(\"max_position_embeddings\": )\\d+", "$1100000"));
        return load(folder);
    }

    private static TextStream longStream(ZooModel<String, String> model) throws TranslateException {
        var translator = new StreamingGenerationTranslator(Generation.sampled(50_000, 1, 1));
        return model.newPredictor(translator).streamingPredict(PROMPT).getIterativeOutput();
    }

    @Test
    void closingTheStreamStopsTheModel(@TempDir Path folder) throws Exception {
        try (ZooModel<String, String> model = patient(folder)) {
            TextStream stream = longStream(model);
            stream.next();
            assertTrue(isWriting());
            stream.close();
            stream.close();
            assertFalse(stream.hasNext());
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
                while (isWriting()) {
                    Thread.sleep(10);
                }
            });
        }
    }

    @Test
    void closingTheModelEndsTheStreamWithAnError(@TempDir Path folder) throws Exception {
        ZooModel<String, String> model = patient(folder);
        TextStream stream = longStream(model);
        stream.next();
        model.close();
        assertThrows(StoppedException.class, () -> stream.forEachRemaining(piece -> { }));
    }

    private static boolean isWriting() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).anyMatch("ballast-stream"::equals);
    }

    @Test
    void whatGoesWrongIsThrownToWhoReads() throws TranslateException {
        try (Predictor<String, TextStream> predictor = streaming(Generation.greedy(1000))) {
            TextStream stream = predictor.streamingPredict(PROMPT).getIterativeOutput();
            assertThrows(InvalidInputException.class, stream::hasNext);
            assertThrows(InvalidInputException.class, stream::next);
        }
    }

    @Test
    void theAsynchronousFormIsRefused() throws TranslateException {
        try (Predictor<String, TextStream> predictor = streaming(SHORT)) {
            String said = assertThrows(UnsupportedOperationException.class,
                    () -> predictor.streamingPredict(PROMPT).getAsyncOutput()).getMessage();
            assertTrue(said.contains("Expected getIterativeOutput()"), said);
        }
    }

    @Test
    void aTranslatorThatDoesNotStreamIsRefusedByDjl() {
        try (Predictor<String, String> predictor = djls.newPredictor()) {
            assertThrows(IllegalStateException.class, () -> predictor.streamingPredict(PROMPT));
        }
    }
}
