package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes an evaluation as lm-eval does: {@code results_DATE.json} and {@code samples_TASK_DATE.jsonl}.
 */
public final class EvaluationWriter {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSSSSS");
    /** Infinity is written as Python's json does, which lm-eval writes with and reads. */
    private static final Gson LINE = new GsonBuilder().serializeNulls().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().create();
    private static final Gson PRETTY = LINE.newBuilder().setPrettyPrinting().create();

    private EvaluationWriter() {}

    /**
     * @param evaluation what was measured
     * @param model      what to call the model
     * @param folder     where to; made when it is not there
     * @return the results file
     * @throws UncheckedIOException when a file cannot be written
     */
    public static Path write(Evaluation evaluation, String model, Path folder) {
        String date = DATE.format(LocalDateTime.ofInstant(evaluation.finished(), ZoneId.systemDefault()));
        try {
            Files.createDirectories(folder);
            for (TaskResult result : evaluation.results()) {
                Path file = folder.resolve("samples_" + fileName(result.task().name()) + "_" + date + ".jsonl");
                writeLines(file, samples(result));
            }
            return Files.writeString(folder.resolve("results_" + date + ".json"),
                    PRETTY.toJson(ResultsJson.of(evaluation, model)), StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the evaluation to " + folder, e);
        }
    }

    /** As lm-eval does: all items through one filter, then through the next. */
    private static List<Map<String, Object>> samples(TaskResult result) {
        Map<String, List<Metric>> byFilter = result.task().metrics().stream()
                .collect(Collectors.groupingBy(Metric::filter, LinkedHashMap::new, Collectors.toList()));
        return byFilter.entrySet().stream().flatMap(filter -> result.items().stream()
                .map(item -> Sample.of(item, filter.getValue(), filter.getKey()))).toList();
    }

    /**
     * @param name of a task; a perplexity's has a slash
     * @return the name without what a file's name cannot hold
     */
    public static String fileName(String name) {
        return name.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    }

    /**
     * Writes JSON Lines.
     *
     * @param file  which must not be there
     * @param lines an object each, as Gson writes it
     * @throws IOException also when the file is there already: two tasks must not share one
     */
    public static void writeLines(Path file, List<?> lines) throws IOException {
        try (BufferedWriter writer =
                Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW)) {
            for (Object line : lines) {
                LINE.toJson(line, writer);
                writer.write('\n');
            }
        }
    }
}
