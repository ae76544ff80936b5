package io.ballast.train;

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
import io.ballast.model.ModelFingerprint;
import io.ballast.model.ModelFolder;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** An evaluation outside of a run. */
public final class StandaloneEvaluation {
    private static final String STAGE = "model";

    private StandaloneEvaluation() {
    }

    /**
     * Opens a model, scores it and closes it.
     *
     * @param bridge     to Python
     * @param model      a Hugging Face folder, a PEFT adapter's, a GGUF file or a model of the hub
     * @param evaluation what is measured
     * @param listener   hears {@code stage} once, then {@code scoring} with how many items of {@code total} are answered
     * @param stopped    is asked between batches
     * @return what it scored
     * @throws io.ballast.StoppedException        when {@code stopped} says so
     * @throws io.ballast.InvalidInputException   when the model, a task or a row cannot be used
     */
    public static Evaluation of(Bridge bridge, ModelConfig model, EvaluationConfig evaluation, RunListener listener,
            BooleanSupplier stopped) {
        Path folder = ModelSource.folder(bridge, model.path());
        if (!Files.isRegularFile(folder.resolve("adapter_config.json"))) {
            ModelFolder.open(folder);
        }
        long handle = bridge.openModel(folder, Words.of(model.dtype()), model.device(),
                false, 0);
        Map<String, Object> info = bridge.modelInfo(handle);
        try (Tokenizer tokenizer = Tokenizer.open(Path.of((String) info.get("tokenizerFolder")));
                EvaluationTasks tasks = EvaluationTasks.of(evaluation, bridge);
                AnswerCache cache = evaluation.cache() ? ModelFingerprint.of(folder)
                        .map(known -> AnswerCaches.of(bridge, known, handle)).orElseGet(AnswerCache::none)
                        : AnswerCache.none()) {
            listener.event(new RunEvent(Instant.now(), "stage", STAGE, 0, Map.of()));
            return new Evaluator(tokenizer, new BridgeScorer(bridge, handle),
                    new BridgeGenerator(bridge, handle, tokenizer.folder()), evaluation.batchSize(),
                    evaluation.maxLength(((Number) info.get("maxLength")).intValue())).evaluate(tasks, cache,
                    (items, total) -> listener.event(new RunEvent(Instant.now(), "scoring", STAGE, items,
                            Map.of("total", total))), stopped);
        } finally {
            bridge.release(handle);
        }
    }
}
