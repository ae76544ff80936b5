package io.ballast.cli;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ModelConfig;
import io.ballast.config.Words;
import io.ballast.data.Tokenizer;
import io.ballast.eval.AnswerCache;
import io.ballast.eval.Evaluation;
import io.ballast.eval.EvaluationTasks;
import io.ballast.eval.Evaluator;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelFingerprint;
import io.ballast.model.ModelFolder;
import io.ballast.python.Bridge;
import io.ballast.train.AnswerCaches;
import io.ballast.train.BridgeGenerator;
import io.ballast.train.BridgeScorer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** An evaluation outside of a run. */
final class StandaloneEvaluation {
    private static final String STAGE = "model";

    private StandaloneEvaluation() {
    }

    /**
     * Opens a model, scores it and closes it.
     *
     * @throws io.ballast.StoppedException when {@code stopped} says so
     */
    static Evaluation of(Bridge bridge, ModelConfig model, EvaluationConfig evaluation, RunListener listener,
            BooleanSupplier stopped) {
        Path folder = local(bridge, model.path());
        if (!Files.isRegularFile(folder.resolve("adapter_config.json"))) {
            ModelFolder.open(folder);
        }
        long handle = bridge.openModel(folder, Words.of(model.dtype()), model.device(),
                false, 0);
        try (Tokenizer tokenizer = Tokenizer.open(folder);
                EvaluationTasks tasks = EvaluationTasks.of(evaluation, bridge);
                AnswerCache cache = evaluation.cache() ? ModelFingerprint.of(folder)
                        .map(known -> AnswerCaches.of(bridge, known, handle)).orElseGet(AnswerCache::none)
                        : AnswerCache.none()) {
            listener.event(new RunEvent(Instant.now(), "stage", STAGE, 0, Map.of()));
            return new Evaluator(tokenizer, new BridgeScorer(bridge, handle),
                    new BridgeGenerator(bridge, handle, tokenizer.folder()), evaluation.batchSize(),
                    evaluation.maxLength(window(bridge.modelInfo(handle)))).evaluate(tasks, cache,
                    (rows, total) -> listener.event(new RunEvent(Instant.now(), "scoring", STAGE, rows,
                            Map.of("total", total))), stopped);
        } finally {
            bridge.release(handle);
        }
    }

    private static Path local(Bridge bridge, String path) {
        if (!HubAddress.is(path)) {
            return Path.of(path);
        }
        HubAddress address = HubAddress.model(path);
        return bridge.downloadModel(address.repository(), address.revision());
    }

    private static int window(Map<String, Object> model) {
        return ((Number) model.get("maxLength")).intValue();
    }
}
