package io.ballast.config;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;

/** Experiments for tests, as JSON. */
final class Experiments {
    /** An absolute folder that need not exist. */
    static final Path BASE = Path.of("/experiments/first");

    static final String DOMAIN = """
            {"name": "first", "model": {"path": "model"},
             "domain": {"data": [{"path": "a.jsonl", "text": "{text}"}], "steps": 80, "learningRate": 1e-4}}""";

    static final String WHOLE = """
            {"name": "whole", "seed": 11, "output": "runs", "model": {"path": "model", "dtype": "bfloat16",
                "device": "cuda:1", "gradientCheckpointing": true},
             "adapter": {"kind": "lora", "rank": 4, "alpha": 8, "dropout": 0.1, "targets": ["q_proj", "v_proj"]},
             "general": {"data": [{"path": "a.jsonl", "text": "{text}", "weight": 0.5, "endOfText": true},
                                  {"path": "hf://datasets/org/name/b.jsonl", "messages": "chat"}],
                         "epochs": 1.5, "learningRate": 1e-4},
             "domain": {"data": [{"path": "c.csv", "where": "x > 1", "prompt": "{q}", "completion": "{a}"}],
                        "steps": 120, "batchSize": 4, "gradientAccumulation": 2, "learningRate": 5e-4,
                        "schedule": "cosine", "warmupSteps": 20, "weightDecay": 0.01, "clipNorm": 0,
                        "maxLength": 112, "packing": true, "loggingSteps": 5},
             "retention": {"method": "hierarchical", "lambda": 3, "form": "gradient", "layerCoefficients": "paper",
                           "layers": "parameter", "normalize": "none", "reference": "start", "xi": 1e-7},
             "afterTraining": {"method": "shrink", "strength": 2.5},
             "evaluation": {"stages": ["base", "domain"], "batchSize": 8,
                            "general": [{"perplexity": "general/test.jsonl", "text": "{text}", "limit": 100}],
                            "domain": [{"task": "sciq", "data": "t.jsonl", "columns": {"support": "context"}}]}}""";

    private Experiments() {
    }

    static JsonObject tree(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    static ExperimentConfig parse(String json) {
        return ExperimentReader.parse(tree(json), BASE);
    }

    /** The small experiment with a text of it replaced, which must be there. */
    static String domainWith(String found, String replacement) {
        if (!DOMAIN.contains(found)) {
            throw new IllegalArgumentException(found + " is not in the experiment");
        }
        return DOMAIN.replace(found, replacement);
    }
}
