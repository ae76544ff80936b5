package io.ballast.train;

import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.data.Tokenizer;
import io.ballast.eval.AnswerCache;
import io.ballast.eval.EvaluationTasks;
import io.ballast.eval.Evaluator;
import io.ballast.python.Bridge;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;

/** The perplexity of a saved model on the domain of {@link TinyExperiment}, apart from any run. */
final class PerplexityOf {
    private static final int MAX_LENGTH = 64;

    private PerplexityOf() {
    }

    static double the(Bridge bridge, Path model, Path data) {
        JsonObject block = JsonParser.parseString("""
                {"domain": [{"perplexity": "%s", "prompt": "Question: {question}\\nAnswer:",
                             "completion": " {answer}"}]}
                """.formatted(data)).getAsJsonObject();
        EvaluationConfig evaluation = ExperimentReader.block(block, EvaluationConfig.class, Path.of(""), "the test");
        long handle = bridge.models().open(model, "float32", "cpu", false, 0);
        try (Tokenizer tokenizer = Tokenizer.open(model);
                EvaluationTasks tasks = EvaluationTasks.of(evaluation, bridge)) {
            return new Evaluator(tokenizer, new BridgeScorer(bridge, handle),
                    new BridgeGenerator(bridge, handle, model), evaluation.batchSize(), MAX_LENGTH)
                    .evaluate(tasks, AnswerCache.none(), (rows, total) -> { }, () -> false)
                    .scores("saved").get(0).value();
        } finally {
            bridge.release(handle);
        }
    }
}
