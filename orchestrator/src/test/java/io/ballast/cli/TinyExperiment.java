package io.ballast.cli;

import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An experiment that really runs, in a second or two once Python is there. */
final class TinyExperiment {
    private TinyExperiment() {
    }

    static Path write(Path folder) throws IOException {
        Files.writeString(folder.resolve("general.jsonl"), "{\"text\": \"the cat sees a fish .\"}\n".repeat(8));
        Files.writeString(folder.resolve("domain.jsonl"),
                "{\"q\": \"the dog eats\", \"a\": \" a tree\"}\n".repeat(8));
        Files.writeString(folder.resolve("piqa.jsonl"),
                "{\"goal\": \"the dog\", \"sol1\": \"eats a tree\", \"sol2\": \"sees a cat\", \"label\": 0}\n".repeat(4));
        return Files.writeString(folder.resolve("tiny.json"), """
                {"name": "tiny", "output": "runs", "model": {"path": "%s", "device": "cpu"},
                 "general": {"data": [{"path": "general.jsonl", "text": "{text}"}], "steps": 3, "batchSize": 2,
                             "learningRate": 1e-3, "maxLength": 64, "loggingSteps": 1},
                 "domain": {"data": [{"path": "domain.jsonl", "prompt": "{q}", "completion": "{a}"}], "steps": 4,
                            "batchSize": 2, "learningRate": 1e-3, "maxLength": 64, "loggingSteps": 1},
                 "retention": {"method": "hierarchical"},
                 "evaluation": {"general": [{"name": "text", "perplexity": "general.jsonl"}],
                                "domain": [{"task": "piqa", "data": "piqa.jsonl"}]}}
                """.formatted(TinyModels.folder("llama-tied")));
    }
}
