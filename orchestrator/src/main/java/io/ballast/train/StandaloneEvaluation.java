package io.ballast.train;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ModelConfig;
import io.ballast.eval.AnswerCache;
import io.ballast.eval.Evaluation;
import io.ballast.eval.EvaluationTasks;
import io.ballast.eval.Evaluator;
import io.ballast.model.ModelFingerprint;
import io.ballast.python.Bridge;
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
        try (OpenedModel opened = OpenedModel.open(bridge, model)) {
            return of(bridge, opened, evaluation, listener, stopped);
        }
    }

    /**
     * Scores a model that is open.
     *
     * @param bridge     to Python
     * @param opened     stays open
     * @param evaluation what is measured
     * @param listener   hears {@code stage} once, then {@code scoring} with how many items of {@code total} are answered
     * @param stopped    is asked between batches
     * @return what it scored
     * @throws io.ballast.StoppedException      when {@code stopped} says so
     * @throws io.ballast.InvalidInputException when a task or a row cannot be used
     */
    public static Evaluation of(Bridge bridge, OpenedModel opened, EvaluationConfig evaluation, RunListener listener,
            BooleanSupplier stopped) {
        try (EvaluationTasks tasks = EvaluationTasks.of(PluginRows.in(evaluation, bridge), bridge);
                AnswerCache cache = evaluation.cache() ? ModelFingerprint.of(opened.folder())
                        .map(known -> AnswerCaches.of(bridge, known, opened.handle())).orElseGet(AnswerCache::none)
                        : AnswerCache.none()) {
            listener.event(new RunEvent(Instant.now(), "stage", STAGE, 0, Map.of()));
            return new Evaluator(opened.tokenizer(), new BridgeScorer(bridge, opened.handle()),
                    new BridgeGenerator(bridge, opened.handle(), opened.tokenizer().folder()), evaluation.batchSize(),
                    evaluation.maxLength(opened.info().maxLength())).evaluate(tasks, cache,
                    (items, total) -> listener.event(new RunEvent(Instant.now(), "scoring", STAGE, items,
                            Map.of("total", total))), stopped);
        }
    }
}
