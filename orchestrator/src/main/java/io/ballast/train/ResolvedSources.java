package io.ballast.train;

import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ModelConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.TaskConfig;
import io.ballast.model.HubAddress;
import io.ballast.python.Bridge;

import java.util.List;

/** Brings what an experiment names on the hub to this machine: {@code hf://} addresses become local paths. */
final class ResolvedSources {
    private final Bridge bridge;

    ResolvedSources(Bridge bridge) {
        this.bridge = bridge;
    }

    ExperimentConfig resolve(ExperimentConfig experiment) {
        ModelConfig model = experiment.model();
        return new ExperimentConfig(experiment.name(), experiment.seed(), experiment.output(),
                new ModelConfig(model(model.path()), model.dtype(), model.device(), model.gradientCheckpointing()),
                experiment.adapter(), phase(experiment.general()), phase(experiment.domain()), experiment.retention(),
                experiment.importance(), experiment.afterTraining(), evaluation(experiment.evaluation()));
    }

    /** A model's folder on this machine. */
    String model(String path) {
        if (!HubAddress.is(path)) {
            return path;
        }
        HubAddress address = HubAddress.model(path);
        return bridge.downloadModel(address.repository(), address.revision()).toString();
    }

    private String file(String path) {
        if (path == null || !HubAddress.is(path)) {
            return path;
        }
        HubAddress address = HubAddress.dataFile(path);
        return bridge.downloadDatasetFile(address.repository(), address.file(), address.revision()).toString();
    }

    private PhaseConfig phase(PhaseConfig phase) {
        if (phase == null) {
            return null;
        }
        return new PhaseConfig(data(phase.data()), phase.steps(), phase.epochs(), phase.batchSize(), phase.gradientAccumulation(),
                phase.learningRate(), phase.schedule(), phase.warmupSteps(), phase.weightDecay(), phase.clipNorm(),
                phase.maxLength(), phase.packing(), phase.loggingSteps(), phase.replay(), data(phase.replayData()));
    }

    private List<DataConfig> data(List<DataConfig> entries) {
        return entries == null ? null : entries.stream().map(each -> new DataConfig(file(each.path()), each.where(),
                each.text(), each.prompt(), each.completion(), each.messages(), each.weight(), each.endOfText()))
                .toList();
    }

    private EvaluationConfig evaluation(EvaluationConfig evaluation) {
        return new EvaluationConfig(evaluation.stages(), tasks(evaluation.general()), tasks(evaluation.domain()),
                evaluation.batchSize());
    }

    private List<TaskConfig> tasks(List<TaskConfig> tasks) {
        return tasks.stream().map(each -> new TaskConfig(each.task(), file(each.data()), each.columns(),
                file(each.perplexity()), each.text(), each.prompt(), each.completion(), each.where(), each.limit(),
                each.name())).toList();
    }
}
