package io.ballast.eval;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.python.Bridge;
import java.nio.file.Path;

/** Tasks of evaluation entries, for tests. */
final class SmallTasks {
    /** Where tasks of likelihoods only are evaluated. */
    static final TextGenerator NOTHING_GENERATED = (prompts, rows, length, settings, seed) -> {
        throw new UnsupportedOperationException("no task generates");
    };

    private SmallTasks() {}

    /** A task that Ballast ships, on a file. */
    static EvaluationTask shipped(Bridge bridge, String name, Path file, Integer limit) {
        JsonObject entry = new JsonObject();
        entry.addProperty("task", name);
        entry.addProperty("data", file.toString());
        if (limit != null) {
            entry.addProperty("limit", limit);
        }
        JsonArray entries = new JsonArray();
        entries.add(entry);
        JsonObject evaluation = new JsonObject();
        evaluation.add("general", entries);
        return of(bridge, evaluation.toString()).all().get(0);
    }

    /** Those of an experiment's {@code evaluation}. */
    static EvaluationTasks of(Bridge bridge, String evaluation) {
        return EvaluationTasks.of(ExperimentReader.block(JsonParser.parseString(evaluation).getAsJsonObject(),
                EvaluationConfig.class, Path.of("").toAbsolutePath(), "the test"), bridge);
    }
}
