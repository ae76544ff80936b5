package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.TaskConfig;
import io.ballast.python.Bridge;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The tasks of an experiment's evaluation entries, ready to be measured. Closed when they are not measured again. */
public final class EvaluationTasks implements AutoCloseable {
    private static final String DEFAULT_TEXT = "{text}";
    private static final Gson JSON = new Gson();

    private final List<EvaluationTask> tasks = new ArrayList<>();
    private final List<TaskGroup> groups = new ArrayList<>();
    private final Bridge bridge;
    private final EvaluationConfig evaluation;
    private long directory;

    private EvaluationTasks(Bridge bridge, EvaluationConfig evaluation) {
        this.bridge = bridge;
        this.evaluation = evaluation;
    }

    /** Tasks that are there already. */
    static EvaluationTasks of(List<? extends EvaluationTask> tasks) {
        EvaluationTasks made = new EvaluationTasks(null, null);
        made.tasks.addAll(tasks);
        return made;
    }

    /**
     * @param experiment what is measured; the first data entry of the general phase lends its templates to general
     *                   entries, that of their domain to domain entries
     * @param bridge     to Python, which reads task files
     * @return the tasks, general ones first, in the order of their entries
     * @throws InvalidInputException when an entry cannot be understood
     */
    public static EvaluationTasks of(ExperimentConfig experiment, Bridge bridge) {
        return of(experiment.evaluation(), experiment.general(), entry -> experiment.domainOf(entry).orElse(null),
                bridge);
    }

    /**
     * @param evaluation what is measured, without an experiment that could lend templates
     * @param bridge     to Python, which reads task files
     * @return as {@link #of(ExperimentConfig, Bridge)}
     * @throws InvalidInputException when an entry cannot be understood
     */
    public static EvaluationTasks of(EvaluationConfig evaluation, Bridge bridge) {
        return of(evaluation, null, entry -> null, bridge);
    }

    /** As {@link #of(ExperimentConfig, Bridge)}, of its parts; a phase may be null. */
    static EvaluationTasks of(EvaluationConfig evaluation, PhaseConfig general,
            Function<TaskConfig, PhaseConfig> domainOf, Bridge bridge) {
        EvaluationTasks made = new EvaluationTasks(bridge, evaluation);
        try {
            evaluation.general().forEach(entry -> made.add(entry, Role.GENERAL, general));
            evaluation.domain().forEach(entry -> made.add(entry, Role.DOMAIN, domainOf.apply(entry)));
            made.requireOwnNames();
            return made;
        } catch (RuntimeException | Error failed) {
            made.close();
            throw failed;
        } finally {
            made.releaseDirectory();
        }
    }

    private void releaseDirectory() {
        if (directory != 0) {
            bridge.release(directory);
            directory = 0;
        }
    }

    /** @return general ones first, in the order of their entries */
    public List<EvaluationTask> all() {
        return tasks;
    }

    /** @return groups that were asked for, children before parents */
    List<TaskGroup> groups() {
        return groups;
    }

    /**
     * Makes every question, without a model; then nothing more can be asked of the tasks.
     *
     * @throws InvalidInputException for the first row that cannot be used
     */
    public void check() {
        tasks.forEach(EvaluationTask::check);
    }

    @Override
    public void close() {
        tasks.forEach(EvaluationTask::close);
    }

    /** Two groups may have a task in common. */
    private void requireOwnNames() {
        Set<String> names = new HashSet<>();
        for (EvaluationTask task : tasks) {
            if (!names.add(task.name())) {
                throw new InvalidInputException("evaluation: expected tasks with names of their own, found '"
                        + task.name() + "' twice. Give one entry another 'name', or name it once.");
            }
        }
    }

    private void add(TaskConfig entry, Role role, PhaseConfig phase) {
        if (entry.multipleChoice() != null) {
            TaskFile file = TaskFile.own(bridge, entry.name(), entry.multipleChoice());
            add(entry, prompted(entry, entry.name(), role, file));
        } else if (JavaTasks.named(entry.task()).isPresent()) {
            add(entry, JavaTasks.of(entry, role));
        } else if (entry.task() != null) {
            addFound(entry, role);
        } else {
            add(entry, perplexity(entry.generate() == null ? entry : entry.ofWritten(entry.name()), role, phase));
        }
    }

    private void add(TaskConfig entry, EvaluationTask task) {
        tasks.add(entry.metrics().isEmpty() ? task : new WithOwnMetrics(task, entry.metrics(), bridge));
    }

    private void addFound(TaskConfig entry, Role role) {
        JsonObject found = JsonParser.parseString(bridge.tasks().find(List.of(entry.task()), directory()))
                .getAsJsonObject();
        JsonArray files = found.getAsJsonArray("tasks");
        for (JsonElement each : files) {
            TaskFile file = TaskFile.open(bridge, each.getAsJsonObject(), evaluation.trustTaskCode());
            boolean named = files.size() == 1 && found.getAsJsonArray("groups").isEmpty();
            add(entry, prompted(entry, named ? entry.ownName(file.facts().task()) : file.facts().task(), role, file));
        }
        found.getAsJsonArray("groups").forEach(group -> groups.add(JSON.fromJson(group, TaskGroup.class)));
    }

    /** Indexed for the first name that is looked up: an installed lm_eval has 14,000 files. */
    private long directory() {
        if (directory == 0) {
            directory = bridge.tasks().openDirectory(evaluation.tasksDir().stream().map(Path::of).toList());
        }
        return directory;
    }

    private PromptedTask prompted(TaskConfig entry, String name, Role role, TaskFile file) {
        try {
            int shots = shots(entry, file.facts());
            TaskDataFiles files = new TaskDataFiles(entry, evaluation.dataDir(), file);
            TaskRows rows = new TaskRows(files.test(), shots == 0 ? null : files.examples(), entry.columns());
            return new PromptedTask(name, role, file, rows, shots);
        } catch (RuntimeException | Error failed) {
            file.close();
            throw failed;
        }
    }

    /** As lm-eval: a file that says 0 means it. */
    private static int shots(TaskConfig entry, TaskFacts facts) {
        int stated = facts.shots() == null ? 0 : facts.shots();
        boolean fixed = facts.shots() != null && stated == 0;
        return entry.shots() == null || fixed ? stated : entry.shots();
    }

    private static EvaluationTask perplexity(TaskConfig entry, Role role, PhaseConfig phase) {
        Path file = Path.of(entry.perplexity());
        String name = entry.name();
        if (entry.text() != null || entry.completion() != null) {
            return perplexity(name, role, new TaskData(file, entry.where(), entry.limit()), entry.text(),
                    entry.prompt(), entry.completion(), false);
        }
        if (phase == null || phase.data().get(0).generate() != null) {
            return new PerplexityTask(name, role, new TaskData(file, entry.where(), entry.limit()), null, DEFAULT_TEXT,
                    false);
        }
        DataConfig lent = phase.data().get(0);
        if (lent.messages() != null) {
            throw new InvalidInputException("evaluation '" + name + "': the first " + role.key() + " data entry has "
                    + "chat messages, whose perplexity is not measured; give \"prompt\" and \"completion\", or "
                    + "\"text\"");
        }
        String where = entry.where() == null ? lent.where() : entry.where();
        String text = lent.completion() == null && lent.text() == null ? DEFAULT_TEXT : lent.text();
        return perplexity(name, role, new TaskData(file, where, entry.limit()), text, lent.prompt(),
                lent.completion(), lent.endOfText());
    }

    private static PerplexityTask perplexity(String name, Role role, TaskData data, String text, String prompt,
            String completion, boolean endOfText) {
        return text == null
                ? new PerplexityTask(name, role, data, prompt == null ? "" : prompt, completion, true)
                : new PerplexityTask(name, role, data, null, text, endOfText);
    }
}
