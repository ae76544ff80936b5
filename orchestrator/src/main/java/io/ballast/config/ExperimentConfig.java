package io.ballast.config;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * An experiment as its file states it. Every component that the file leaves out has its default
 * after {@code ExperimentReader} read it; {@code null} means "not part of this experiment".
 *
 * @param name       names the run folder
 * @param seed       of every draw
 * @param output     absolute path of the folder in which run folders are made
 * @param model      the model that is trained
 * @param adapter    the adapter that is trained in its place, or null for full fine-tuning
 * @param general    the general phase, or null
 * @param domain     the domain phase, or null
 * @param retention  how the domain phase is held back
 * @param importance how importance is measured and handed on
 * @param evaluation what is measured and when
 */
public record ExperimentConfig(
        @Setting(value = "Names the run folder. Letters, digits, '.', '_' and '-'.", required = true,
                pattern = "[A-Za-z0-9][A-Za-z0-9._-]*") String name,
        @Setting(value = "Seed of every draw: data order, adapter initialisation, dropout.", byDefault = "7",
                minimum = 0) long seed,
        @Setting(value = "Folder in which run folders are made.", byDefault = "\"runs\"", path = true) String output,
        @Setting(value = "The model that is trained.", required = true) ModelConfig model,
        @Setting("The adapter that is trained in place of the whole model; without it, full fine-tuning.")
                AdapterConfig adapter,
        @Setting("The general phase: training on general text, during which importance is measured.")
                PhaseConfig general,
        @Setting("The domain phase: training on the domain, held back by the retention penalty.")
                PhaseConfig domain,
        @Setting(value = "How the domain phase is held back.", byDefault = "{}") RetentionConfig retention,
        @Setting(value = "How importance is measured and handed on.", byDefault = "{}") ImportanceConfig importance,
        @Setting(value = "What is measured and when.", byDefault = "{}") EvaluationConfig evaluation) {

    /**
     * This experiment with the same model from another place.
     *
     * @param path its folder
     * @return a copy
     */
    public ExperimentConfig withModel(String path) {
        return new ExperimentConfig(name, seed, output,
                new ModelConfig(path, model.dtype(), model.device(), model.gradientCheckpointing()), adapter, general,
                domain, retention, importance, evaluation);
    }

    /**
     * This experiment with other data.
     *
     * @param change makes a phase's entries of its entries; it may be given null
     * @return a copy
     */
    public ExperimentConfig withData(UnaryOperator<List<DataConfig>> change) {
        return new ExperimentConfig(name, seed, output, model, adapter,
                general == null ? null : general.withData(change), domain == null ? null : domain.withData(change),
                retention, importance, evaluation);
    }

    /**
     * This experiment with other evaluations.
     *
     * @param other what is measured and when
     * @return a copy
     */
    public ExperimentConfig withEvaluation(EvaluationConfig other) {
        return new ExperimentConfig(name, seed, output, model, adapter, general, domain, retention, importance, other);
    }
}
