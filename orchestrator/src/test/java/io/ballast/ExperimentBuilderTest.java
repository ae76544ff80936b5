package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentBuilderTest {
    @TempDir
    Path folder;

    private ExperimentBuilder builder() {
        return Experiment.builder("medicine", folder.resolve("llama").toString())
                .general(TrainingPhase.of(1e-5).text(folder.resolve("general.jsonl"), "{text}").epochs(2).steps(100))
                .domain(TrainingPhase.of(2e-5).completion(folder.resolve("domain.csv"), "{question}", " {answer}")
                        .batchSize(4).maxLength(64).replay(0.01))
                .retention("hierarchical")
                .generalPerplexity("general text", folder.resolve("general-test.jsonl"))
                .domainTask("medmcqa", folder.resolve("medmcqa.jsonl"))
                .output(folder.resolve("runs"));
    }

    @Test
    void itIsTheExperimentOfTheFile() throws IOException {
        Path file = Files.writeString(folder.resolve("experiment.json"), """
                { "name": "medicine", "output": "runs", "model": {"path": "llama"},
                  "general": {"data": [{"path": "general.jsonl", "text": "{text}"}], "steps": 100,
                              "learningRate": 1e-5},
                  "domain": {"data": [{"path": "domain.csv", "prompt": "{question}", "completion": " {answer}"}],
                             "learningRate": 2e-5, "batchSize": 4, "maxLength": 64, "replay": 0.01},
                  "retention": {"method": "hierarchical", "lambda": 100},
                  "importance": {"storage": "bfloat16"},
                  "evaluation": {"general": [{"name": "general text", "perplexity": "general-test.jsonl"}],
                                 "domain": [{"task": "medmcqa", "data": "medmcqa.jsonl", "limit": 7}]} }
                """);
        Experiment built = builder().set("retention.lambda", 100).set("importance.storage", "bfloat16")
                .set("evaluation.domain.0.limit", 7).set("plugins", List.of(folder.toString())).build();
        assertEquals(Experiment.read(file).toJson(), built.toJson());
        assertEquals(Experiment.parse(Files.readString(file), folder).toJson(), built.toJson());
    }

    @Test
    void theOnlyDomainNeedsNoIndex() {
        assertEquals(1, builder().set("domain.loggingSteps", 1).build().config().domain().get(0).loggingSteps());
    }

    @Test
    void oneBuilderMakesSeveral() {
        ExperimentBuilder builder = builder();
        Experiment one = builder.set("seed", 1).build();
        Experiment two = builder.set("seed", 2).adapter("lora").build();
        assertEquals(List.of(1L, 2L), List.of(one.config().seed(), two.config().seed()));
        assertEquals(null, one.config().adapter());
    }

    @Test
    void whatIsWrongNamesTheKey() {
        assertTrue(refused(() -> builder().set("retention.lamda", 1)).contains("Did you mean 'lambda'"));
        assertTrue(refused(() -> builder().set("seed", "many").build()).contains("seed"));
        assertTrue(refused(() -> builder().set("domain.1.steps", 1)).contains("0 to 0"));
        assertTrue(refused(() -> builder().domain(TrainingPhase.of(0)).build()).contains("domain"));
    }

    private static String refused(Runnable work) {
        return assertThrows(InvalidInputException.class, work::run).getMessage();
    }
}
