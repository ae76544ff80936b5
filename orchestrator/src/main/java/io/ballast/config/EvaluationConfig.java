package io.ballast.config;

import io.ballast.InvalidInputException;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What is measured and when.
 *
 * @param stages    the moments of evaluation; one that never comes (no such phase) is left out
 * @param general   what must be kept
 * @param domain    what is to be learned
 * @param batchSize rows in a scoring batch
 * @param maxLength tokens that the model reads at once, or null for its window
 * @param tasksDir  absolute paths of folders with task files; a name that Ballast ships too is theirs
 * @param dataDir   absolute path of a folder with data files of tasks, or null
 * @param cache     whether what an unchanged model says is kept and not asked again
 * @param trustTaskCode whether Python code of task files that Ballast does not ship may run
 */
public record EvaluationConfig(
        @Setting(value = "Moments of evaluation.", byDefault = "[\"base\", \"anchored\", \"domain\", \"softened\"]")
                List<Stage> stages,
        @Setting(value = "General tasks: what must be kept.", byDefault = "[]") List<TaskConfig> general,
        @Setting(value = "Domain tasks: what is to be learned.", byDefault = "[]") List<TaskConfig> domain,
        @Setting(value = "Rows in a scoring batch.", byDefault = "16", minimum = 1) int batchSize,
        @Setting(value = "Tokens that the model reads at once; what is longer is cut as lm-eval cuts it. By default the"
                + " model's window.", minimum = 2) Integer maxLength,
        @Setting(value = "Folders with task files in lm-eval's YAML format; a name that Ballast ships too is theirs.", byDefault = "[]", path = true) List<String> tasksDir,
        @Setting(value = "Folder with TASK/test, TASK/validation or TASK data files, for tasks without 'data'.",
                path = true) String dataDir,
        @Setting(value = "Whether what a model says before it is changed is kept on this machine, and taken from there"
                + " when it is asked again.", byDefault = "true") boolean cache,
        @Setting(value = "Whether Python code that belongs to task files of others may run.", byDefault = "false")
                boolean trustTaskCode) {

    /** A moment of evaluation; {@code ANCHORED} is after the general phase, or at the anchor given. */
    public enum Stage {
        /** Before anything is trained. */
        BASE,
        /** After the general phase. */
        ANCHORED,
        /** After the domain phase; after each of several, whose names their stages have. */
        DOMAIN,
        /** After the trained model was moved part of its way back. */
        SOFTENED
    }

    /**
     * All entries.
     *
     * @return the general ones, then the domain's
     */
    public List<TaskConfig> tasks() {
        return Stream.concat(general.stream(), domain.stream()).toList();
    }

    /** Without the stages that never come in the experiment. */
    EvaluationConfig withStagesOf(ExperimentConfig experiment) {
        return withStages(stages.stream().filter(stage -> happens(stage, experiment)).toList());
    }

    /**
     * These evaluations at other moments.
     *
     * @param others the stages
     * @return a copy
     */
    public EvaluationConfig withStages(List<Stage> others) {
        return new EvaluationConfig(others, general, domain, batchSize, maxLength, tasksDir, dataDir,
                cache, trustTaskCode);
    }

    /**
     * These evaluations of other tasks.
     *
     * @param change makes entries of entries
     * @return a copy
     */
    public EvaluationConfig withTasks(UnaryOperator<List<TaskConfig>> change) {
        return withTasks(change.apply(general), change.apply(domain));
    }

    /**
     * These evaluations of other tasks.
     *
     * @param otherGeneral what must be kept
     * @param otherDomain  what is to be learned
     * @return a copy
     */
    public EvaluationConfig withTasks(List<TaskConfig> otherGeneral, List<TaskConfig> otherDomain) {
        return new EvaluationConfig(stages, otherGeneral, otherDomain, batchSize, maxLength, tasksDir, dataDir, cache,
                trustTaskCode);
    }

    /**
     * Says how much of an item is read.
     *
     * @param window of the model
     * @return tokens that the model reads at once
     * @throws InvalidInputException when more are asked for than the model's window has
     */
    public int maxLength(int window) {
        if (maxLength == null) {
            return window;
        }
        if (maxLength > window) {
            throw new InvalidInputException("evaluation.maxLength: expected at most the model's window of " + window
                    + " tokens, found " + maxLength + ". Lower it, or leave it out.");
        }
        return maxLength;
    }

    private static boolean happens(Stage stage, ExperimentConfig experiment) {
        return switch (stage) {
            case BASE -> true;
            case ANCHORED -> experiment.general() != null || experiment.retention().anchor() != null;
            case DOMAIN -> !experiment.domain().isEmpty();
            case SOFTENED -> !experiment.domain().isEmpty() && experiment.afterTraining() != null;
        };
    }
}
