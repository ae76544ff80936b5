package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.MultipleChoiceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.TaskConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Makes tasks of an experiment's evaluation entries. */
public final class EvaluationTasks {
    private static final String DEFAULT_TEXT = "{text}";

    private EvaluationTasks() {}

    /**
     * @param experiment what is measured; the first data entry of the general phase lends its templates to general
     *                   entries, that of their domain to domain entries
     * @return the tasks, general ones first, in the order of their entries
     * @throws InvalidInputException when an entry cannot be understood
     */
    public static List<EvaluationTask> of(ExperimentConfig experiment) {
        return of(experiment.evaluation(), experiment.general(), entry -> experiment.domainOf(entry).orElse(null));
    }

    /**
     * @param evaluation what is measured, without an experiment that could lend templates
     * @return as {@link #of(ExperimentConfig)}
     * @throws InvalidInputException when an entry cannot be understood
     */
    public static List<EvaluationTask> of(EvaluationConfig evaluation) {
        return of(evaluation, null, entry -> null);
    }

    /** As {@link #of(ExperimentConfig)}, of its parts; a phase may be null. */
    static List<EvaluationTask> of(EvaluationConfig evaluation, PhaseConfig general,
            Function<TaskConfig, PhaseConfig> domainOf) {
        List<EvaluationTask> tasks = new ArrayList<>();
        evaluation.general().forEach(entry -> tasks.add(task(entry, Role.GENERAL, general)));
        evaluation.domain().forEach(entry -> tasks.add(task(entry, Role.DOMAIN, domainOf.apply(entry))));
        return tasks;
    }

    private static EvaluationTask task(TaskConfig entry, Role role, PhaseConfig phase) {
        if (entry.generate() != null) { // by the time it is scored the text lies in a file
            return perplexity(entry.ofWritten(entry.name()), role, phase);
        }
        if (entry.multipleChoice() != null) {
            return multipleChoice(entry, entry.multipleChoice(), role);
        }
        return entry.task() == null ? perplexity(entry, role, phase) : likelihood(entry, role);
    }

    private static EvaluationTask multipleChoice(TaskConfig entry, MultipleChoiceConfig own, Role role) {
        return new LikelihoodTask(entry.name(), role,
                TaskDefinition.multipleChoice(entry.name(), own.prompt(), own.choices(), own.answer()),
                new TaskData(Path.of(own.path()), entry.where(), entry.limit(), entry.subject()), Map.of());
    }

    private static EvaluationTask likelihood(TaskConfig entry, Role role) {
        TaskDefinition definition = Tasks.named(entry.task());
        if (entry.data() == null) {
            throw new InvalidInputException("evaluation: task " + entry.task() + " has no data; name its file: "
                    + "{\"task\": \"" + entry.task() + "\", \"data\": FILE}");
        }
        return new LikelihoodTask(entry.name(), role, definition,
                new TaskData(Path.of(entry.data()), entry.where(), entry.limit(), entry.subject()), entry.columns());
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
