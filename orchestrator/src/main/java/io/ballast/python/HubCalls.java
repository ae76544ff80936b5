package io.ballast.python;

import java.nio.file.Path;
import java.util.Optional;

/** The functions of {@code ballast.bridge} about the Hugging Face hub and its shared cache. */
public final class HubCalls {
    private final Bridge bridge;

    HubCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Brings a model from the hub into the shared cache.
     *
     * @param repository org/name
     * @param revision   branch, tag or commit, or null
     * @return its folder
     * @throws io.ballast.InvalidInputException       when there is no such model, or none for this user
     * @throws io.ballast.MissingEnvironmentException when it cannot be reached, or arrives damaged
     */
    public Path downloadModel(String repository, String revision) {
        return downloadModel(repository, revision, null);
    }

    /**
     * Brings a model from the hub into the shared cache, and tells how far it is.
     *
     * @param repository org/name
     * @param revision   branch, tag or commit, or null
     * @param progress   hears of bytes, ten times a second; or null
     * @return its folder
     * @throws io.ballast.InvalidInputException       when there is no such model, or none for this user
     * @throws io.ballast.MissingEnvironmentException when it cannot be reached, or arrives damaged
     */
    public Path downloadModel(String repository, String revision, DownloadProgress progress) {
        return Path.of((String) bridge.invoke("download_model", repository, revision, null, null, progress));
    }

    /**
     * Looks for a model in the shared cache; asks nobody.
     *
     * @param repository org/name
     * @param revision   branch, tag or commit, or null
     * @return its folder; empty when it is not there completely
     */
    public Optional<Path> cachedModel(String repository, String revision) {
        return Optional.ofNullable((String) bridge.invoke("cached_model", repository, revision)).map(Path::of);
    }

    /** @return the folder of the shared cache, which may not be there yet */
    public Path cache() {
        return Path.of((String) bridge.invoke("hub_cache"));
    }

    /**
     * Brings one file of a data set from the hub into the shared cache.
     *
     * @param repository org/name
     * @param file       path inside the repository
     * @param revision   branch, tag or commit, or null
     * @return the local file
     */
    public Path downloadDatasetFile(String repository, String file, String revision) {
        return Path.of((String) bridge.invoke("download_dataset_file", repository, file, revision, null, null));
    }

    /**
     * Looks for one file of a data set in the shared cache; asks nobody.
     *
     * @param repository org/name
     * @param file       path inside the repository
     * @param revision   branch, tag or commit, or null
     * @return the local file; empty when it is not there
     */
    public Optional<Path> cachedDatasetFile(String repository, String file, String revision) {
        return Optional.ofNullable((String) bridge.invoke("cached_dataset_file", repository, file, revision))
                .map(Path::of);
    }
}
