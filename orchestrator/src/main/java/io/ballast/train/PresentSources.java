package io.ballast.train;

import io.ballast.config.ExperimentConfig;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an experiment names, where it lies on this machine; nothing is fetched or converted, and nobody asked.
 *
 * @param experiment with local paths; what is missing is named as before
 * @param missing    what a run would have to fetch or convert first, as the experiment names it
 */
public record PresentSources(ExperimentConfig experiment, List<String> missing) {
    /**
     * Looks for what earlier runs brought here.
     *
     * @param experiment the experiment
     * @param bridge     to Python
     * @return what there is
     */
    public static PresentSources of(ExperimentConfig experiment, Bridge bridge) {
        Set<String> missing = new LinkedHashSet<>();
        ExperimentConfig present = ResolvedSources.with(experiment,
                path -> orMissing(ModelSource.present(bridge, path), path, missing), path -> {
                    HubAddress address = HubAddress.dataFile(path);
                    return orMissing(bridge.hub().cachedDatasetFile(address.repository(), address.file(),
                            address.revision()), path, missing);
                });
        return new PresentSources(present, List.copyOf(missing));
    }

    private static String orMissing(Optional<Path> found, String path, Set<String> missing) {
        if (found.isEmpty()) {
            missing.add(path);
        }
        return found.map(Path::toString).orElse(path);
    }
}
