package io.ballast.train;

import io.ballast.config.DataConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.data.Sha256;
import io.ballast.plugin.PythonModules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Which code of the user's own a result hangs on: the hash of the module's file of each plug-in in Python. */
final class PluginHashes {
    private static final String ELSEWHERE = "not in the working directory or the experiment's folders";

    private PluginHashes() {
    }

    /** By name as the experiment has it; empty without plug-ins. */
    static Map<String, Object> of(ExperimentConfig config) {
        List<String> folders = new ArrayList<>(List.of(Path.of("").toAbsolutePath().toString()));
        folders.addAll(config.plugins());
        Map<String, Object> hashes = new TreeMap<>();
        names(config).filter(Objects::nonNull).filter(name -> name.contains(":")).forEach(name -> hashes.put(name,
                PythonModules.file(name, folders).map(file -> new Sha256().file(file).hex()).orElse(ELSEWHERE)));
        return hashes;
    }

    private static Stream<String> names(ExperimentConfig config) {
        List<PhaseConfig> phases = config.phases();
        Stream<String> ofData = phases.stream().flatMap(phase -> phase.entries().stream()).map(DataConfig::transform);
        Stream<String> ofTasks = config.evaluation().tasks().stream()
                .flatMap(task -> Stream.concat(task.metrics().stream(), Stream.ofNullable(task.transform())));
        return Stream.of(Stream.of(config.retention().method()), ofData, phases.stream().map(PhaseConfig::stop), ofTasks)
                .flatMap(each -> each);
    }
}
