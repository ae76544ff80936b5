package io.ballast.train;

import io.ballast.data.CacheFolder;
import io.ballast.data.Sha256;
import io.ballast.eval.AnswerCache;
import io.ballast.model.ModelFingerprint;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Finds what a model said before, on this machine. */
public final class AnswerCaches {
    private AnswerCaches() {
    }

    /**
     * Opens the cache of a model as it was opened.
     *
     * @param bridge to Python
     * @param folder of the model or adapter
     * @param model  its handle; nothing has changed it
     * @return its cache, by weights, configuration, arithmetic, device and versions; one that keeps nothing where the model
     *         is not known by its files
     */
    public static AnswerCache of(Bridge bridge, Path folder, long model) {
        Optional<String> fingerprint = ModelFingerprint.of(folder);
        if (fingerprint.isEmpty()) {
            return AnswerCache.none();
        }
        Map<String, Object> info = bridge.modelInfo(model);
        Map<String, Object> versions = bridge.versions();
        String key = new Sha256().text(fingerprint.get()).text(String.valueOf(info.get("dtype")))
                .text(String.valueOf(info.get("device"))).text(String.valueOf(versions.get("torch")))
                .text(String.valueOf(versions.get("transformers"))).hex();
        return AnswerCache.open(CacheFolder.of("answers").resolve(key + ".jsonl"));
    }
}
