package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.config.TaskConfig;
import io.ballast.plugin.Services;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The tasks in Java that are on the class path. */
final class JavaTasks {
    private JavaTasks() {
    }

    /** The task of that name; none for null. */
    static Optional<Task> named(String name) {
        return name == null ? Optional.empty()
                : Services.of(Task.class).stream().filter(task -> task.name().equals(name)).findFirst();
    }

    /**
     * @param entry names such a task
     * @param role  what its scores stand for
     * @return the task on the entry's data
     * @throws InvalidInputException when the entry names no file, or asks for examples
     */
    static EvaluationTask of(TaskConfig entry, Role role) {
        Task task = named(entry.task()).orElseThrow();
        if (entry.data() == null || entry.shots() != null) {
            throw new InvalidInputException("evaluation '" + entry.name() + "': expected \"data\" and no \"shots\" with"
                    + " a task in Java (" + task.getClass().getName() + "), found "
                    + (entry.data() == null ? "no \"data\"" : "\"shots\"")
                    + ". It makes its whole question of one row of a file.");
        }
        TaskData data = new TaskData(List.of(Path.of(entry.data())), entry.where(), entry.limit(), entry.subject());
        return new ChoiceTask(entry.name(), role, task, new TaskRows(data, null, entry.columns()));
    }
}
