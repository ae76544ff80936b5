package io.ballast.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.RunEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run folder holds, as far as a report needs it. Only {@code result.json} must be there.
 *
 * @param folder     the run folder
 * @param result     {@code result.json}
 * @param experiment {@code experiment.json}, empty where absent
 * @param events     the lines of {@code events.jsonl} that can be read, in their order
 * @param flips      one entry for each file in {@code evaluation/flips}, by task
 */
record RunFiles(Path folder, Fields result, Fields experiment, List<Fields> events, List<TaskFlips> flips) {

    static RunFiles read(Path folder) {
        Path result = folder.resolve(Result.FILE);
        if (!Files.isRegularFile(result)) {
            throw new InvalidInputException("Expected a run folder with a result.json, found none in "
                    + folder.toAbsolutePath() + ". Give the folder of a run that has ended.");
        }
        return new RunFiles(folder, Fields.of(document(result)), experiment(folder.resolve(Experiment.FILE)),
                JsonLines.read(folder.resolve(RunEvent.FILE)), flips(folder.resolve("evaluation/flips")));
    }

    private static Fields experiment(Path file) {
        return Files.isRegularFile(file) ? Fields.of(document(file)) : Fields.of(new JsonObject());
    }

    private static List<TaskFlips> flips(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jsonl")).sorted().map(TaskFlips::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot list " + folder, e);
        }
    }

    private static JsonElement document(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new InvalidInputException("Expected JSON in UTF-8 in " + file + ", found: " + e, e);
        } catch (JsonParseException e) {
            throw new InvalidInputException("Expected JSON in " + file + ", found: " + e.getMessage(), e);
        }
    }
}
