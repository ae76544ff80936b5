package io.ballast.export;

import ai.djl.ModelException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Goes on with a text, by a folder that {@code ballast export --format onnx} wrote. No Python is there. */
public final class OnnxText implements AutoCloseable {
    private final ZooModel<NDList, NDList> model;
    private final Predictor<NDList, NDList> predictor;
    private final HuggingFaceTokenizer tokenizer;
    private final NDManager manager;
    private final NDList noPast = new NDList();

    public OnnxText(Path folder) throws IOException, ModelException {
        model = Criteria.builder().setTypes(NDList.class, NDList.class).optModelPath(folder).optModelName("model")
                .optEngine("OnnxRuntime").optTranslator(new NoopTranslator()).build().loadModel();
        predictor = model.newPredictor();
        tokenizer = HuggingFaceTokenizer.builder().optTokenizerPath(folder.resolve("tokenizer.json"))
                .optTruncation(false).build();
        manager = model.getNDManager().newSubManager();
        JsonElement export = JsonParser.parseString(Files.readString(folder.resolve("export.json")));
        for (JsonElement layer : export.getAsJsonObject().getAsJsonArray("pastShapes")) {
            JsonArray sizes = layer.getAsJsonArray(); // heads, size of a head
            Shape none = new Shape(1, sizes.get(0).getAsLong(), 0, sizes.get(1).getAsLong());
            noPast.add(nothing(none)); // keys
            noPast.add(nothing(none)); // values
        }
    }

    /** Greedy: the likeliest token each time. */
    public String complete(String prompt, int tokens) throws TranslateException {
        long[] fresh = tokenizer.encode(prompt).getIds();
        long[] text = fresh;
        NDList past = noPast;
        for (int i = 0; i < tokens; i++) {
            NDList output = step(fresh, text.length, past);
            fresh = new long[] {likeliest(output.head().toFloatArray(), fresh.length)};
            text = LongStream.concat(Arrays.stream(text), Arrays.stream(fresh)).toArray();
            past = output.subNDList(1);
        }
        return tokenizer.decode(text);
    }

    /** Logits [1, new, vocabulary], then keys and values of all tokens, of new ones after which so many are known. */
    public NDList step(long[] fresh, int known, NDList past) throws TranslateException {
        long[] mask = new long[known];
        Arrays.fill(mask, 1);
        NDList input = new NDList(manager.create(LongBuffer.wrap(fresh), new Shape(1, fresh.length), DataType.INT64),
                manager.create(LongBuffer.wrap(mask), new Shape(1, known), DataType.INT64));
        return predictor.predict(input.addAll(past));
    }

    public NDList noPast() {
        return noPast;
    }

    private NDArray nothing(Shape shape) {
        return manager.create(manager.allocateDirect(0).asFloatBuffer(), shape, DataType.FLOAT32);
    }

    private static long likeliest(float[] logits, int positions) {
        int vocabulary = logits.length / positions;
        int best = logits.length - vocabulary;
        for (int i = best; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best - (logits.length - vocabulary);
    }

    @Override
    public void close() {
        predictor.close();
        tokenizer.close();
        model.close();
    }
}
