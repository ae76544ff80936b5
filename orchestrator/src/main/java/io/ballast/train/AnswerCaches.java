package io.ballast.train;

import io.ballast.data.CacheFolder;
import io.ballast.data.Sha256;
import io.ballast.eval.AnswerCache;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.Map;

/** Finds what a model said before, on this machine. */
public final class AnswerCaches {
    private AnswerCaches() {
    }

    /**
     * Opens the cache of a model as it was opened.
     *
     * @param bridge      to Python
     * @param fingerprint of the model or adapter, {@link io.ballast.model.ModelFingerprint}
     * @param model       its handle; nothing has changed it
     * @return its cache, by weights, configuration, arithmetic, device and versions
     */
    public static AnswerCache of(Bridge bridge, String fingerprint, long model) {
        return AnswerCache.open(file(bridge, fingerprint, model));
    }

    /** Where the cache is that {@link #of} opens. */
    static Path file(Bridge bridge, String fingerprint, long model) {
        Map<String, Object> info = bridge.models().info(model);
        Map<String, Object> versions = bridge.versions();
        String key = new Sha256().text(fingerprint).text(String.valueOf(info.get("dtype")))
                .text(String.valueOf(info.get("device"))).text(String.valueOf(versions.get("torch")))
                .text(String.valueOf(versions.get("transformers"))).hex();
        return CacheFolder.of("answers").resolve(key + ".jsonl");
    }
}
