package io.ballast.config;

import java.util.List;

/**
 * What is measured and when.
 *
 * @param stages    the moments of evaluation; one that never comes (no such phase) is left out
 * @param general   what must be kept
 * @param domain    what is to be learned
 * @param batchSize rows in a scoring batch
 */
public record EvaluationConfig(
        @Setting(value = "Moments of evaluation.", byDefault = "[\"base\", \"anchored\", \"domain\"]")
                List<Stage> stages,
        @Setting(value = "General tasks: what must be kept.", byDefault = "[]") List<TaskConfig> general,
        @Setting(value = "Domain tasks: what is to be learned.", byDefault = "[]") List<TaskConfig> domain,
        @Setting(value = "Rows in a scoring batch.", byDefault = "16", minimum = 1) int batchSize) {

    /** A moment of evaluation; {@code ANCHORED} is after the general phase. */
    public enum Stage { BASE, ANCHORED, DOMAIN }

    /** Copies the lists. */
    public EvaluationConfig {
        stages = List.copyOf(stages);
        general = List.copyOf(general);
        domain = List.copyOf(domain);
    }

    /** Without stages that never come, and with every perplexity's templates. */
    EvaluationConfig resolvedFor(PhaseConfig generalPhase, PhaseConfig domainPhase) {
        return new EvaluationConfig(
                stages.stream().filter(stage -> happens(stage, generalPhase, domainPhase)).toList(),
                withTemplates(general, generalPhase), withTemplates(domain, domainPhase), batchSize);
    }

    private static boolean happens(Stage stage, PhaseConfig general, PhaseConfig domain) {
        return switch (stage) {
            case BASE -> true;
            case ANCHORED -> general != null;
            case DOMAIN -> domain != null;
        };
    }

    private static List<TaskConfig> withTemplates(List<TaskConfig> tasks, PhaseConfig phase) {
        DataConfig data = phase == null ? null : phase.data().get(0);
        return tasks.stream().map(task -> task.withTemplatesOf(data)).toList();
    }
}
