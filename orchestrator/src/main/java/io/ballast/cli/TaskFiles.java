package io.ballast.cli;

import io.ballast.InvalidInputException;
import io.ballast.eval.Tasks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Finds the data files of tasks named on the command line. */
final class TaskFiles {
    private static final List<String> ENDINGS = List.of(".jsonl", ".parquet", ".csv");

    private TaskFiles() {
    }

    /**
     * The file of each task.
     *
     * @param tasks     names with commas between them
     * @param file      the one task's file, or null
     * @param directory folder with files of many tasks, or null
     * @throws InvalidInputException when a task is unknown or has no file
     */
    static Map<String, Path> of(String tasks, String file, String directory) {
        if (tasks == null || file == null == (directory == null)) {
            throw new InvalidInputException("expected --tasks with --data FILE (one task) or --data-dir DIR; found "
                    + (tasks == null ? "no --tasks" : file == null ? "neither" : "both") + ". The tasks are "
                    + String.join(", ", Tasks.names()) + ".");
        }
        List<String> names = List.of(tasks.split(",", -1)).stream().map(String::strip).toList();
        if (file != null && names.size() > 1) {
            throw new InvalidInputException("expected one task with --data " + file + ", found " + names.size()
                    + ". Give --data-dir for more.");
        }
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : names) {
            Tasks.named(name);
            files.put(name, file != null ? ExperimentArgument.path(file)
                    : find(name, ExperimentArgument.path(directory)));
        }
        return files;
    }

    private static Path find(String task, Path directory) {
        List<Path> candidates = Stream.of(task + "/test", task + "/validation", task)
                .flatMap(stem -> ENDINGS.stream().map(ending -> directory.resolve(stem + ending))).toList();
        return candidates.stream().filter(Files::isRegularFile).findFirst().orElseThrow(() ->
                new InvalidInputException("expected a data file for the task " + task + " in " + directory
                        + ", found none. It is looked for as " + task + "/test, " + task + "/validation or " + task
                        + ", ending with " + String.join(", ", ENDINGS) + "."));
    }
}
