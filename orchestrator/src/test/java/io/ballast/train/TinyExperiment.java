package io.ballast.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Experiment;
import io.ballast.TinyModels;
import io.ballast.config.ExperimentReader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An experiment on a tiny model that takes a second; tests change what they are about. */
final class TinyExperiment {
    private final Path folder;
    private final JsonObject json;

    TinyExperiment(Path folder, String model) throws IOException {
        this.folder = folder;
        rows("general.jsonl", 24, i -> "{\"text\": \"Once upon a time boat %d met river %d and had a name.\"}"
                .formatted(i, i * 7 % 24));
        rows("domain.jsonl", 24, i -> "{\"question\": \"What dose of drug %d?\", \"answer\": \"%d mg in %d days\"}"
                .formatted(i, i * 5 % 24, i % 3));
        rows("quiz.jsonl", 10, i -> ("{\"id\": \"%d\", \"question\": \"What dose of drug %d?\","
                + " \"choices\": [\"%d mg\", \"none\", \"all of it\"], \"gold\": %d}").formatted(i, i, i * 5 % 24, i % 3));
        json = JsonParser.parseString("""
                { "name": "tiny", "seed": 3, "output": "runs",
                  "model": {"path": "%s", "device": "cpu"},
                  "general": {"data": [{"path": "general.jsonl", "text": "{text}"}],
                              "steps": 4, "batchSize": 4, "learningRate": 1e-3, "loggingSteps": 2},
                  "domain": {"data": [{"path": "domain.jsonl", "prompt": "Question: {question}\\nAnswer:",
                                       "completion": " {answer}"}],
                             "steps": 4, "batchSize": 4, "learningRate": 2e-3, "loggingSteps": 2},
                  "retention": {"method": "hierarchical"},
                  "evaluation": {"general": [{"name": "tales", "perplexity": "general.jsonl"},
                                             {"task": "arc_easy", "data": "quiz.jsonl", "name": "quiz"}],
                                 "domain": [{"name": "doses", "perplexity": "domain.jsonl"}]} }
                """.formatted(TinyModels.folder(model))).getAsJsonObject();
    }

    /** Leaves a file alone that has these rows: a run that was started before may be reading it. */
    private void rows(String name, int count, IntFunction<String> row) throws IOException {
        Path file = folder.resolve(name);
        String rows = IntStream.range(0, count).mapToObj(row).collect(Collectors.joining("\n", "", "\n"));
        if (!Files.exists(file) || !Files.readString(file).equals(rows)) {
            Files.writeString(file, rows);
        }
    }

    /** Sets a value; {@code value} is JSON, and {@code null} takes the key away. */
    TinyExperiment with(String path, String value) {
        String[] keys = path.split("\\.");
        JsonObject object = json;
        for (int i = 0; i < keys.length - 1; i++) {
            object = object.getAsJsonObject(keys[i]);
        }
        object.remove(keys[keys.length - 1]);
        if (!value.equals("null")) {
            object.add(keys[keys.length - 1], JsonParser.parseString(value));
        }
        return this;
    }

    /** Trains on the same domain under several names, one after another; its task measures the first. */
    TinyExperiment domains(String... names) {
        JsonArray domains = new JsonArray();
        for (String name : names) {
            JsonObject domain = block("domain").deepCopy();
            domain.addProperty("name", name);
            domains.add(domain);
        }
        json.add("domain", domains);
        block("evaluation").getAsJsonArray("domain").get(0).getAsJsonObject().addProperty("domain", names[0]);
        return this;
    }

    JsonObject block(String key) {
        return json.getAsJsonObject(key);
    }

    TinyExperiment without(String key) {
        json.remove(key);
        return this;
    }

    Path folder() {
        return folder;
    }

    Experiment experiment() {
        return Experiment.of(ExperimentReader.parse(json, folder));
    }
}
