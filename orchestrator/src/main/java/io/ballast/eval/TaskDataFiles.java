package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.config.TaskConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds a task's data files: those that the entry names, else those in the folder of data, else those that the task's
 * file names, else those of its data set on the hub.
 */
final class TaskDataFiles {
    private static final List<String> ENDINGS = List.of(".jsonl", ".parquet", ".csv");
    private static final Set<String> LOCAL = Set.of("json", "csv", "parquet", "text", "arrow");

    private final TaskConfig entry;
    private final String directory;
    private final TaskFile file;
    private final TaskFacts facts;

    /**
     * @param entry     of the evaluation
     * @param directory folder with files of many tasks, or null
     * @param file      the task's
     */
    TaskDataFiles(TaskConfig entry, String directory, TaskFile file) {
        this.entry = entry;
        this.directory = directory;
        this.file = file;
        this.facts = file.facts();
    }

    /**
     * @return what is asked about
     * @throws InvalidInputException when there is no file
     */
    TaskData test() {
        String named = entry.multipleChoice() != null ? entry.multipleChoice().path() : entry.data();
        if (named != null) {
            return data(List.of(Path.of(named)), entry.limit());
        }
        if (directory != null) {
            List<String> stems = Stream.of(facts.splits().test(), "test", "validation").map(split -> "/" + split).distinct()
                    .toList();
            return data(List.of(stems.stream().flatMap(this::found).findFirst().or(() -> found("").findFirst())
                    .orElseThrow(() -> nothing(stems))), entry.limit());
        }
        return data(ofSplit(facts.splits().test()), entry.limit());
    }

    /**
     * @return what examples are drawn from, or null for the rows that are asked about
     * @throws InvalidInputException when there should be a file and is none
     */
    TaskData examples() {
        if (facts.fewshotSamplesInline()) {
            return null;
        }
        if (entry.shotsData() != null) {
            return new TaskData(Path.of(entry.shotsData()), null, null);
        }
        String split = facts.splits().fewshot();
        if (entry.data() != null || entry.multipleChoice() != null || split == null
                || split.equals(facts.splits().test())) {
            return null;
        }
        if (directory != null) {
            return found("/" + split).findFirst().map(found -> new TaskData(found, null, null)).orElse(null);
        }
        return new TaskData(ofSplit(split), null, null, null);
    }

    private List<Path> ofSplit(String split) {
        TaskFacts.Dataset dataset = facts.dataset();
        dataset.options().keySet().stream().filter(option -> !option.equals("revision")).findFirst().ifPresent(option -> {
            throw new InvalidInputException("task " + facts.task() + ": expected dataset_kwargs with data_files and"
                    + " revision only, found " + option + ", which Ballast cannot follow. Name the task's file as 'data'.");
        });
        if (dataset.dataFiles() != null) {
            if (!dataset.dataFiles().containsKey(split)) {
                throw new InvalidInputException("task " + facts.task() + ": expected data_files of the split " + split
                        + ", found " + String.join(", ", dataset.dataFiles().keySet()) + ". Mend the task file.");
            }
            return dataset.dataFiles().get(split).stream().map(Path::of).toList();
        }
        if (dataset.path() == null || LOCAL.contains(dataset.path())) {
            throw new InvalidInputException("evaluation: task " + facts.task() + " has no data; name its file: "
                    + "{\"task\": \"" + facts.task() + "\", \"data\": FILE}");
        }
        return file.hubFiles(split);
    }

    private TaskData data(List<Path> files, Integer limit) {
        return new TaskData(files, entry.where(), limit, entry.subject());
    }

    private Stream<Path> found(String stem) {
        return ENDINGS.stream().map(ending -> Path.of(directory, facts.task() + stem + ending))
                .filter(Files::isRegularFile);
    }

    private InvalidInputException nothing(List<String> stems) {
        return new InvalidInputException("expected a data file for the task " + facts.task() + " in " + directory
                + ", found none. It is looked for as " + String.join(", ", stems.stream().map(stem -> facts.task() + stem)
                .toList()) + " or " + facts.task() + ", ending with " + String.join(", ", ENDINGS) + ".");
    }
}
