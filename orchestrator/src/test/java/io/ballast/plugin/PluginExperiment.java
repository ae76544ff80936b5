package io.ballast.plugin;

import io.ballast.Experiment;
import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A tiny experiment with plug-ins in a module beside its file; tests override what they are about. */
final class PluginExperiment {
    private static final String MODULE = """
            def doubled(rows):
                return [{"text": f"{row['q']} {row['a']}"} for row in rows for _ in range(2)]


            def broken(rows):
                for row in rows:
                    yield {"text": row["nowhere"]}


            def no_rows(rows):
                return 7


            def sure(items):
                return [max(item["log_probabilities"]) for item in items]


            def length(items):
                return [len(item["doc"]["q"]) for item in items]


            length.higher_is_better = False


            def too_few(items):
                return [1.0]


            class Patience:
                def __init__(self):
                    self.looks = 0

                def __call__(self, step, losses):
                    self.looks += 1
                    return f"{self.looks} looks and {len(losses)} losses at step {step}" if self.looks == 3 else None


            def at_once(step, losses):
                return step >= 1


            def stumbles(step, losses):
                return losses[step]
            """;
    private static final String METHOD = """
            from dataclasses import dataclass

            from ballast.methods import Method
            from ballast.retention import Retention


            class Held(Retention):
                acts_on_step = True
                steps = 0

                def proximal_step(self, learning_rate, gate):
                    self.steps += 1
                    return [1, 2, 3][self.steps]


            @dataclass(frozen=True)
            class Third(Method):
                forms = ("proximal",)

                def retain(self, start):
                    return Held()
            """;

    private PluginExperiment() {
    }

    /** The module is called as the folder, for Python imports a name once. */
    static Path write(Path folder, String module) throws IOException {
        Files.writeString(folder.resolve(module + ".py"), MODULE);
        Files.writeString(folder.resolve(module + "_method.py"), METHOD);
        Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, 12)
                .mapToObj(i -> "{\"q\": \"What dose of drug %d?\", \"a\": \"%d mg\", \"n\": %d}"
                        .formatted(i, i * 5 % 12, i))
                .collect(Collectors.joining("\n", "", "\n")));
        Files.writeString(folder.resolve("tickets.jsonl"), "{\"text\": \"It burns.\", \"urgent\": true}\n"
                + "{\"text\": \"A thank you.\", \"urgent\": false}\n{\"text\": \"?\"}\n");
        return Files.writeString(folder.resolve("plugins.json"), """
                {"name": "plugins", "output": "runs", "model": {"path": "%s", "device": "cpu"},
                 "domain": {"data": [{"path": "rows.jsonl", "text": "{q} {a}"}], "steps": 6, "batchSize": 2,
                            "learningRate": 1e-3, "maxLength": 64, "loggingSteps": 1}}
                """.formatted(TinyModels.folder("llama-tied")));
    }

    static Experiment read(Path folder, String module, String... settings) throws IOException {
        return Experiment.read(write(folder, module), List.of(settings), folder);
    }
}
