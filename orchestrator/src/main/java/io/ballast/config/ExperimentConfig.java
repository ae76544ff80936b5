package io.ballast.config;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

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
 * @param domain     the domain phases, in order; none where nothing is learned
 * @param retention  how the domain phase is held back
 * @param importance how importance is measured and handed on
 * @param afterTraining how the trained model is moved part of its way back, or null
 * @param evaluation what is measured and when
 * @param plugins    absolute paths of folders in which plug-ins in Python are looked for
 * @param pluginSeconds that one call of a plug-in in Python may take
 * @param checkpoint how often the run keeps where it stands
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
        @Setting(value = "The domain phase: training on the domain, held back by the retention penalty. A list of them,"
                + " each with a name, is run one after another.", minimum = 1, alone = true) List<PhaseConfig> domain,
        @Setting(value = "How the domain phase is held back.", byDefault = "{}") RetentionConfig retention,
        @Setting(value = "How importance is measured and handed on.", byDefault = "{}") ImportanceConfig importance,
        @Setting("How the trained model is moved part of its way back after the domain phase, without training again.")
                AfterTrainingConfig afterTraining,
        @Setting(value = "What is measured and when.", byDefault = "{}") EvaluationConfig evaluation,
        @Setting(value = "Folders in which plug-ins in Python (package.module:Name) are looked for, besides the working"
                + " directory and PYTHONPATH. By default the experiment's own folder.", byDefault = "[\".\"]",
                path = true) List<String> plugins,
        @Setting(value = "Seconds that one call of a plug-in in Python may take, or its import: some hundred rows of a"
                + " transform, a task's items of a metric, a look of a stopping rule.", byDefault = PluginName.SECONDS,
                minimum = 0, exclusiveMinimum = true) double pluginSeconds,
        @Setting(value = "How often a run keeps where it stands, so that it can be resumed after an interruption.",
                byDefault = "{}") CheckpointConfig checkpoint) {

    /**
     * The domain phases.
     *
     * @return one, several or none
     */
    @Override
    public List<PhaseConfig> domain() {
        return domain == null ? List.of() : domain;
    }

    /**
     * All phases.
     *
     * @return the general one, if there is one, then the domains'
     */
    public List<PhaseConfig> phases() {
        return Stream.concat(Stream.ofNullable(general), domain().stream()).toList();
    }

    /**
     * The domain that an evaluation is of.
     *
     * @param task an entry of {@code evaluation.domain}
     * @return its domain phase, the only one where the entry names none; empty where there is none
     */
    public Optional<PhaseConfig> domainOf(TaskConfig task) {
        return domain().stream().filter(phase -> task.domain() == null || task.domain().equals(phase.domainName()))
                .findFirst();
    }

    /**
     * This experiment with the same model from another place.
     *
     * @param path its folder
     * @return a copy
     */
    public ExperimentConfig withModel(String path) {
        return new ExperimentConfig(name, seed, output,
                new ModelConfig(path, model.dtype(), model.device(), model.gradientCheckpointing(),
                        model.compile(), model.offload()), adapter, general,
                domain, retention, importance, afterTraining, evaluation, plugins, pluginSeconds,
                checkpoint);
    }

    /**
     * This experiment with other data.
     *
     * @param change makes a phase's entries of its entries; it may be given null
     * @return a copy
     */
    public ExperimentConfig withData(UnaryOperator<List<DataConfig>> change) {
        return new ExperimentConfig(name, seed, output, model, adapter,
                general == null ? null : general.withData(change),
                domain().stream().map(phase -> phase.withData(change)).toList(),
                retention, importance, afterTraining, evaluation, plugins, pluginSeconds,
                checkpoint);
    }

    /**
     * This experiment on a device that may have no room for its micro-batches.
     *
     * @return a copy, each of its phases with {@code autoBatch}
     */
    public ExperimentConfig withAutoBatch() {
        return new ExperimentConfig(name, seed, output, model, adapter,
                general == null ? null : general.withAutoBatch(),
                domain().stream().map(PhaseConfig::withAutoBatch).toList(), retention, importance, afterTraining,
                evaluation, plugins, pluginSeconds, checkpoint);
    }

    /**
     * This experiment with other evaluations.
     *
     * @param other what is measured and when
     * @return a copy
     */
    public ExperimentConfig withEvaluation(EvaluationConfig other) {
        return new ExperimentConfig(name, seed, output, model, adapter, general, domain, retention, importance,
                afterTraining, other, plugins, pluginSeconds,
                checkpoint);
    }

    /**
     * This experiment with importance measured otherwise.
     *
     * @param other how
     * @return a copy
     */
    public ExperimentConfig withImportance(ImportanceConfig other) {
        return new ExperimentConfig(name, seed, output, model, adapter, general, domain, retention, other, afterTraining,
                evaluation, plugins, pluginSeconds,
                checkpoint);
    }

    /**
     * This experiment with other checkpoints.
     *
     * @param other how often a run keeps where it stands
     * @return a copy
     */
    public ExperimentConfig withCheckpoint(CheckpointConfig other) {
        return new ExperimentConfig(name, seed, output, model, adapter, general, domain, retention, importance,
                afterTraining, evaluation, plugins, pluginSeconds, other);
    }

    /**
     * This experiment with another adapter.
     *
     * @param other the adapter
     * @return a copy
     */
    ExperimentConfig withAdapter(AdapterConfig other) {
        return new ExperimentConfig(name, seed, output, model, other, general, domain, retention, importance,
                afterTraining, evaluation, plugins, pluginSeconds,
                checkpoint);
    }
}
