package io.ballast.compare;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.eval.EvaluationWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An evaluation on disk: a stage of a run folder, what {@code ballast eval --out} wrote, or lm-eval's own results
 * folder. Samples are read when they are asked for, a task at a time.
 */
public final class EvaluationFolder {
    private static final String EVALUATION = "evaluation";
    private static final String RESULTS = "results_";
    private static final String JSON = ".json";

    private final Path path;
    private final String stage;
    private final Path file;
    private final JsonObject results;
    private final Map<String, Path> samples = new LinkedHashMap<>();

    private EvaluationFolder(Path path, String stage, Path folder) {
        this.path = path;
        this.stage = stage;
        this.file = newest(folder);
        this.results = document(file);
        findSamples();
    }

    /**
     * Opens an evaluation. Of several results files in one folder it is the newest, by the date in its name.
     *
     * @param path  a run folder; a folder with {@code results_DATE.json}, such as {@code evaluation/STAGE} of a run; or
     *              lm-eval's output folder, with one sub-folder named after the model
     * @param stage of a run folder; null for the last one that was evaluated
     * @return the evaluation
     * @throws InvalidInputException when the folder is none of these, or the stage or the samples are not there
     */
    public static EvaluationFolder open(Path path, String stage) {
        if (!Files.isDirectory(path)) {
            throw none(path, Files.exists(path) ? "a file" : "nothing");
        }
        if (hasResults(path)) {
            return new EvaluationFolder(path, null, path);
        }
        if (isRun(path)) {
            return stage(path, stage);
        }
        List<Path> models = folders(path).stream().filter(EvaluationFolder::hasResults).toList();
        if (models.size() > 1) {
            throw new InvalidInputException("expected one evaluation in " + path + "; found " + models.size()
                    + ". Give one of the folders in it: " + names(models) + ".");
        }
        if (models.isEmpty()) {
            throw none(path, "a folder without any of these");
        }
        return new EvaluationFolder(path, null, models.get(0));
    }

    /**
     * @param path any path
     * @return whether it is a run folder, which has stages
     */
    public static boolean isRun(Path path) {
        return Files.isDirectory(path) && !hasResults(path) && (Files.isDirectory(path.resolve(EVALUATION))
                || Files.isRegularFile(path.resolve(Result.FILE)));
    }

    private static EvaluationFolder stage(Path run, String stage) {
        Path parent = run.resolve(EVALUATION);
        List<Path> stages = Files.isDirectory(parent)
                ? folders(parent).stream().filter(EvaluationFolder::hasResults).toList() : List.of();
        if (stages.isEmpty()) {
            throw new InvalidInputException("expected evaluated stages in " + parent
                    + "; found none. Run the experiment with an evaluation.");
        }
        if (stage == null) {
            Path last = stages.stream().max(Comparator.comparingDouble(EvaluationFolder::began)).orElseThrow();
            return new EvaluationFolder(run, last.getFileName().toString(), last);
        }
        return stages.stream().filter(folder -> folder.getFileName().toString().equals(stage)).findFirst()
                .map(folder -> new EvaluationFolder(run, stage, folder))
                .orElseThrow(() -> new InvalidInputException("expected an evaluated stage of " + run + ", found '"
                        + stage + "'. There is: " + names(stages) + "."));
    }

    /** Seconds since 1970 at which an evaluation began; the dates in files' names depend on the time zone. */
    private static double began(Path folder) {
        JsonElement date = document(newest(folder)).get("date");
        return date != null && date.isJsonPrimitive() ? date.getAsDouble() : 0;
    }

    private static InvalidInputException none(Path path, String found) {
        return new InvalidInputException("expected a run folder (evaluation/STAGE/), a folder that 'ballast eval --out'"
                + " wrote, or lm-eval's output folder (results_DATE.json); found " + found + " at " + path + ".");
    }

    private static String names(List<Path> folders) {
        return String.join(", ", folders.stream().map(folder -> folder.getFileName().toString()).toList());
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new InvalidInputException("expected a folder that can be read at " + folder + "; found " + e + ".", e);
        }
    }

    private static List<Path> folders(Path folder) {
        return list(folder).stream().filter(Files::isDirectory).toList();
    }

    private static boolean isResults(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith(RESULTS) && name.endsWith(JSON) && Files.isRegularFile(file);
    }

    private static boolean hasResults(Path folder) {
        return list(folder).stream().anyMatch(EvaluationFolder::isResults);
    }

    /** The names end with an ISO date, so the last name is the newest. */
    private static Path newest(Path folder) {
        return list(folder).stream().filter(EvaluationFolder::isResults)
                .max(Comparator.comparing(file -> file.getFileName().toString())).orElseThrow();
    }

    private static JsonObject document(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new InvalidInputException("expected a JSON object in " + file + "; found " + e.getMessage()
                    + ". The file is damaged: evaluate again.", e);
        }
    }

    /** The files that were written with the results carry its date. */
    private void findSamples() {
        String name = file.getFileName().toString();
        String date = name.substring(RESULTS.length(), name.length() - JSON.length());
        JsonElement tasks = results.get("configs");
        if (tasks == null || !tasks.isJsonObject()) {
            throw new InvalidInputException("expected lm-eval's results in " + file
                    + "; found no 'configs'. Evaluate again with lm-eval 0.4 or with 'ballast eval'.");
        }
        for (String task : tasks.getAsJsonObject().keySet()) {
            Stream.of(task, EvaluationWriter.fileName(task)).filter(form -> !form.contains("/"))
                    .map(form -> file.resolveSibling("samples_" + form + "_" + date + ".jsonl"))
                    .filter(Files::isRegularFile).findFirst().ifPresent(found -> samples.put(task, found));
        }
        if (samples.isEmpty()) {
            throw new InvalidInputException("expected samples_TASK_" + date + ".jsonl beside " + file
                    + ", because a comparison goes item by item; found none. Evaluate again: lm-eval writes them with"
                    + " --log_samples, 'ballast eval --out' always.");
        }
    }

    /** @return the tasks that have samples, in the order of the results file */
    List<String> tasks() {
        return List.copyOf(samples.keySet());
    }

    /** @return the tasks, also those without samples */
    Set<String> allTasks() {
        return results.getAsJsonObject("configs").keySet();
    }

    /**
     * @param task one of {@link #tasks()}
     * @return its results by item
     * @throws InvalidInputException for the first line that cannot be used
     */
    RecordedTask task(String task) {
        return SamplesFile.read(samples.get(task), new TaskDescription(task, results));
    }

    /** @return where it came from */
    EvaluationSource source() {
        JsonElement model = results.get("model_name");
        return new EvaluationSource(path.toString(), stage, model == null || model.isJsonNull() ? null
                : model.getAsString(), file.toString());
    }
}
