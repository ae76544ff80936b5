package io.ballast.train;

import io.ballast.config.DataConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.TaskConfig;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;

import java.util.List;

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
        return experiment.withModel(model(experiment.model().path())).withData(this::data)
                .withEvaluation(experiment.evaluation().withTasks(this::tasks));
    }

    /** A model's folder on this machine. */
    String model(String path) {
        return ModelSource.folder(bridge, path).toString();
    }

    private String file(String path) {
        if (path == null || !HubAddress.is(path)) {
            return path;
        }
        HubAddress address = HubAddress.dataFile(path);
        return bridge.hub().downloadDatasetFile(address.repository(), address.file(), address.revision()).toString();
    }

    private List<DataConfig> data(List<DataConfig> entries) {
        return entries == null ? null : entries.stream()
                .map(each -> each.path() == null ? each : each.from(file(each.path()))).toList();
    }

    private List<TaskConfig> tasks(List<TaskConfig> tasks) {
        return tasks.stream().map(each -> each.withFiles(this::file)).toList();
    }
}
