package io.ballast.config;

import java.util.List;

/**
 * What is measured and when.
 *
 * @param stages    the moments of evaluation
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
}
