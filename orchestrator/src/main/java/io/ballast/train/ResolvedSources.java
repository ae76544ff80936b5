package io.ballast.train;

import io.ballast.config.DataConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.TaskConfig;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Brings what an experiment names on the hub to this machine: {@code hf://} addresses become local paths, and a GGUF
 * file becomes a folder.
 */
final class ResolvedSources {
    private final Bridge bridge;

    ResolvedSources(Bridge bridge) {
        this.bridge = bridge;
    }

    ExperimentConfig resolve(ExperimentConfig experiment) {
        return with(experiment, this::model, path -> {
            HubAddress address = HubAddress.dataFile(path);
            return bridge.hub().downloadDatasetFile(address.repository(), address.file(), address.revision()).toString();
        });
    }

    /** A model's folder on this machine. */
    String model(String path) {
        return ModelSource.folder(bridge, path).toString();
    }

    /** The experiment with its model, and the data files that it names on the hub, where they are found. */
    static ExperimentConfig with(ExperimentConfig experiment, UnaryOperator<String> model,
            UnaryOperator<String> hubFile) {
        UnaryOperator<String> file = path -> path == null || !HubAddress.is(path) ? path : hubFile.apply(path);
        return experiment.withModel(model.apply(experiment.model().path())).withData(entries -> data(entries, file))
                .withEvaluation(experiment.evaluation().withTasks(tasks -> tasks(tasks, file)));
    }

    private static List<DataConfig> data(List<DataConfig> entries, UnaryOperator<String> file) {
        return entries == null ? null : entries.stream()
                .map(each -> each.path() == null ? each : each.from(file.apply(each.path()))).toList();
    }

    private static List<TaskConfig> tasks(List<TaskConfig> tasks, UnaryOperator<String> file) {
        return tasks.stream().map(each -> each.withFiles(file)).toList();
    }
}
