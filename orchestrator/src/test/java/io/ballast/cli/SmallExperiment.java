package io.ballast.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** An experiment file whose model has headers and no sense, for commands that start no Python. */
final class SmallExperiment {
    private SmallExperiment() {
    }

    /** Writes experiment, data and a model of 6 parameters; returns the experiment's file. */
    static Path write(Path folder) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        Files.writeString(model.resolve("config.json"), "{\"model_type\": \"llama\"}");
        Files.writeString(model.resolve("tokenizer.json"), "{}");
        writeTensor(model.resolve("model.safetensors"));
        Files.writeString(folder.resolve("a.jsonl"), """
                {"text": "one", "n": 1}
                {"text": "two", "n": 2}
                {"text": "three", "n": 3}
                """);
        return Files.writeString(folder.resolve("small.json"), """
                {"name": "small", "model": {"path": "model"},
                 "domain": {"data": [{"path": "a.jsonl", "text": "{text}", "where": "n > 1"}],
                            "steps": 80, "learningRate": 1e-4},
                 "evaluation": {"domain": [{"perplexity": "a.jsonl", "name": "mine"}]}}
                """);
    }

    static void writeTensor(Path file) throws IOException {
        byte[] header = "{\"w\": {\"dtype\": \"F32\", \"shape\": [2, 3], \"data_offsets\": [0, 24]}}"
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + header.length + 24).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, bytes.putLong(header.length).put(header).array());
    }
}
