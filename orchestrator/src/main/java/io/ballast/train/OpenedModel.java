package io.ballast.train;

import io.ballast.ModelInfo;
import io.ballast.config.ModelConfig;
import io.ballast.config.Words;
import io.ballast.data.Tokenizer;
import io.ballast.model.ModelFolder;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A model behind the bridge that is used and not trained, with its tokenizer.
 *
 * @param bridge    to Python
 * @param handle    the model's
 * @param folder    it was opened from
 * @param info      what it is
 * @param tokenizer its own
 */
public record OpenedModel(Bridge bridge, long handle, Path folder, ModelInfo info, Tokenizer tokenizer)
        implements AutoCloseable {
    /**
     * Opens a model. Draws and threads of a run that trains meanwhile stay as they are.
     *
     * @param bridge to Python
     * @param config a Hugging Face folder, a PEFT adapter's, a run's, or a model of the hub
     * @return the model
     * @throws io.ballast.InvalidInputException when there is no such model
     */
    public static OpenedModel open(Bridge bridge, ModelConfig config) {
        Path folder = local(bridge, config.path());
        if (!Files.isRegularFile(folder.resolve(ModelFolder.ADAPTER))) {
            ModelFolder.open(folder);
        }
        long handle = bridge.models().openToUse(folder, Words.of(config.dtype()), config.device());
        try {
            Map<String, Object> info = bridge.models().info(handle);
            Tokenizer tokenizer = Tokenizer.open(Path.of((String) info.get("tokenizerFolder")));
            return new OpenedModel(bridge, handle, folder, info(info), tokenizer);
        } catch (RuntimeException e) {
            bridge.release(handle);
            throw e;
        }
    }

    private static ModelInfo info(Map<String, Object> info) {
        return new ModelInfo((String) info.get("architecture"), ((Number) info.get("parameters")).longValue(),
                ((Number) info.get("vocabularySize")).intValue(), ((Number) info.get("maxLength")).intValue(),
                (String) info.get("device"), (String) info.get("dtype"));
    }

    private static Path local(Bridge bridge, String path) {
        return ModelSource.trained(ModelSource.folder(bridge, path));
    }

    /** Frees the model and its tokenizer. */
    @Override
    public void close() {
        tokenizer.close();
        bridge.release(handle);
    }
}
