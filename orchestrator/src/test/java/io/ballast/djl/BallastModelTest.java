package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import io.ballast.python.Bridge;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BallastModelTest extends WithTinyModel {
    private static final String PROMPT = "Once upon a time";

    @TempDir
    private Path folder;

    private static String says(Path folder) throws Exception {
        try (ZooModel<String, String> model = load(folder);
                Predictor<String, String> predictor = model.newPredictor()) {
            return predictor.predict(PROMPT);
        }
    }

    private static String expected() {
        return own.generate(List.of(PROMPT), SHORT).get(0);
    }

    @Test
    void whatItSavesLoads() throws Exception {
        djls.save(folder.resolve("saved"), null);
        assertTrue(Files.exists(folder.resolve("saved/model.safetensors")));
        assertEquals(expected(), says(folder.resolve("saved")));
    }

    /** An adapter that was not trained says what its base does. */
    @Test
    void anAdaptersFolderLoadsWithItsBase() throws Exception {
        Bridge bridge = ballast.bridge();
        long base = bridge.models().open(FOLDER, "float32", "cpu", false, 0);
        Map<String, Object> lora = new HashMap<>(Map.of("kind", "lora", "rank", 2, "alpha", 4.0, "dropout", 0.0));
        lora.put("targets", null);
        lora.put("preserved", null);
        bridge.models().addAdapter(base, lora, 0, 0);
        bridge.models().save(base, folder.resolve("adapter"));
        bridge.release(base);
        assertTrue(Files.exists(folder.resolve("adapter/adapter_config.json")));
        assertEquals(expected(), says(folder.resolve("adapter")));
    }

    @Test
    void aFolderWithoutAModelIsMalformed() throws Exception {
        Files.writeString(folder.resolve("notes.txt"), "");
        Exception e = assertThrows(MalformedModelException.class, () -> load(folder));
        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
    }

    private static ZooModel<String, String> onGpu(int id) throws Exception {
        return Criteria.builder().setTypes(String.class, String.class).optEngine("Ballast").optModelPath(FOLDER)
                .optDevice(Device.gpu(id)).optTranslator(new GenerationTranslator(SHORT)).build().loadModel();
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() {
        Exception refused = assertThrows(Exception.class, () -> onGpu(63));
        assertTrue(refused.getMessage().contains("cuda:63"), refused.toString());
    }

    @Test
    void aGpuThatIsAskedForComputes() throws Exception {
        if (!own.info().device().startsWith("cuda")) {
            String reason = "skipped: no CUDA device; models open on " + own.info().device();
            System.out.println(getClass().getSimpleName() + " " + reason);
            Assumptions.abort(reason);
        }
        try (ZooModel<String, String> model = onGpu(0); Predictor<String, String> predictor = model.newPredictor()) {
            assertEquals(Device.gpu(0), model.getNDManager().getDevice());
            assertEquals(expected(), predictor.predict(PROMPT));
        }
    }

    @Test
    void closingTwiceIsAllowedAndAnswersAreOver() throws Exception {
        ZooModel<String, String> model = load(FOLDER);
        Predictor<String, String> predictor = model.newPredictor();
        model.close();
        model.close();
        assertThrows(Exception.class, () -> predictor.predict(PROMPT));
        assertEquals(expected(), own.generate(List.of(PROMPT), SHORT).get(0), "the application's Ballast is open");
    }
}
