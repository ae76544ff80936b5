package io.ballast.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDList;
import io.ballast.Ballast;
import io.ballast.TinyModels;
import io.ballast.data.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A graph that Ballast exported, served by DJL's OnnxRuntime engine, against PyTorch. */
@Tag("one-jdk")
class OnnxInDjlTest {
    private static final Path PAGE = Path.of(System.getProperty("ballast.home"), "docs/models.md");
    private static final String TEXT = "Once upon a time there was a small boat on a wide river";
    private static final int PROMPT = 5;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"llama-tied", "gpt2"})
    void logitsTokenByTokenAreThoseOfPyTorch(String name) throws Exception {
        Path model = TinyModels.folder(name);
        try (Ballast ballast = Ballast.open()) {
            ballast.export(model, new ExportRequest(ExportFormat.ONNX, folder.resolve("out")));
            int[] ids;
            try (Tokenizer tokenizer = Tokenizer.open(folder.resolve("out"))) {
                ids = tokenizer.encode(TEXT);
            }
            float[] expected = logProbabilities(ballast, model, ids);
            float[] found = logProbabilities(folder.resolve("out"), ids);
            assertTrue(ids.length > 2 * PROMPT && expected[0] != expected[1]);
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], found[i], 1e-5, "token " + i);
            }
        }
    }

    @Test
    void theProgramOfThePageGoesOnWithAText() throws Exception {
        try (Ballast ballast = Ballast.open()) {
            ballast.export(TinyModels.folder("llama-tied"),
                    new ExportRequest(ExportFormat.ONNX, folder.resolve("out")));
        }
        try (OnnxText text = new OnnxText(folder.resolve("out"))) {
            String written = text.complete("Once upon", 8);
            assertTrue(written.startsWith("Once upon") && written.length() > 12, written);
        }
    }

    @Test
    void thePageShowsThisProgram() throws Exception {
        String program = Files.readString(Path.of(System.getProperty("ballast.home"),
                "orchestrator/src/test/java/io/ballast/export/OnnxText.java"));
        String shown = program.substring(program.indexOf("/** Goes on with"));
        assertTrue(Files.readString(PAGE).contains("```java\n" + shown + "```"), "the page shows OnnxText as it is");
    }

    /** In nats, of each token but the first, by Ballast's own scoring. */
    private static float[] logProbabilities(Ballast ballast, Path model, int[] ids) {
        int targets = ids.length - 1;
        LongBuffer slot = ByteBuffer.allocateDirect(Long.BYTES * (3 * ids.length + 2 * targets))
                .order(ByteOrder.nativeOrder()).asLongBuffer();
        for (int i = 0; i < ids.length; i++) {
            slot.put(i, ids[i]).put(ids.length + i, i).put(2 * ids.length + i, 1);
        }
        for (int i = 0; i < targets; i++) {
            slot.put(3 * ids.length + i, i).put(3 * ids.length + targets + i, ids[i + 1]);
        }
        FloatBuffer output = ByteBuffer.allocateDirect(Float.BYTES * 2 * targets).order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        long handle = ballast.bridge().models().open(model, "float32", "cpu", false, 0);
        ballast.bridge().scoring().score(handle, 0, slot, 1, ids.length, targets, false, output);
        ballast.bridge().release(handle);
        float[] scores = new float[targets];
        output.get(scores);
        return scores;
    }

    /** The same by the graph: the first tokens at once, then one by one through keys and values. */
    private static float[] logProbabilities(Path graph, int[] ids) throws Exception {
        long[] all = Arrays.stream(ids).asLongStream().toArray();
        float[] scores = new float[ids.length - 1];
        try (OnnxText text = new OnnxText(graph)) {
            NDList past = text.noPast();
            int begin = 0;
            for (int end : ends(ids.length)) {
                NDList output = text.step(Arrays.copyOfRange(all, begin, end), end, past);
                float[] logits = output.head().toFloatArray();
                int vocabulary = logits.length / (end - begin);
                for (int i = begin; i < Math.min(end, scores.length); i++) {
                    scores[i] = logProbability(logits, (i - begin) * vocabulary, vocabulary, ids[i + 1]);
                }
                past = output.subNDList(1);
                begin = end;
            }
        }
        return scores;
    }

    private static List<Integer> ends(int length) {
        return IntStream.rangeClosed(PROMPT, length).boxed().toList();
    }

    private static float logProbability(float[] logits, int begin, int count, int token) {
        double sum = 0;
        for (int i = begin; i < begin + count; i++) {
            sum += Math.exp(logits[i]);
        }
        return (float) (logits[begin + token] - Math.log(sum));
    }
}
