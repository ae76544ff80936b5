package io.ballast.djl;

import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.zoo.DefaultModelZoo;
import ai.djl.util.Progress;
import io.ballast.BallastException;
import io.ballast.model.HubAddress;
import io.ballast.python.HubCalls;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** One model of the hub, which {@code huggingface_hub} brings into its own cache, shared with Python's programs. */
final class HubRepository extends AbstractRepository {
    private final HubAddress address;
    private final Metadata metadata = new Metadata.MatchAllMetadata();
    private volatile Path folder;

    HubRepository(String name, URI uri, HubAddress address) {
        super(name, uri);
        this.address = address;
        Artifact artifact = new Artifact();
        artifact.setName(arguments.getOrDefault("model_name", modelName()));
        artifact.setArguments(arguments());
        metadata.setArtifactId(modelName());
        metadata.setRepositoryUri(uri);
        metadata.setArtifacts(List.of(artifact));
    }

    private String modelName() {
        return address.repository().substring(address.repository().lastIndexOf('/') + 1);
    }

    /** What the address does not say itself: it is a model for Ballast. {@code optEngine} says otherwise. */
    private Map<String, Object> arguments() {
        Map<String, Object> all = new ConcurrentHashMap<>(arguments);
        all.putIfAbsent("engine", BallastEngine.NAME);
        all.putIfAbsent("translatorFactory", BallastTranslatorFactory.class.getName());
        return all;
    }

    @Override
    public boolean isRemote() {
        return true;
    }

    @Override
    public Metadata locate(MRL mrl) {
        return metadata;
    }

    @Override
    public Artifact resolve(MRL mrl, Map<String, String> filter) {
        return metadata.getArtifacts().get(0);
    }

    @Override
    public List<MRL> getResources() {
        return List.of(MRL.undefined(this, DefaultModelZoo.GROUP_ID, modelName()));
    }

    /** Fetches what is missing or has changed; without a network, what is in the cache serves. */
    @Override
    public void prepare(Artifact artifact, Progress progress) throws IOException {
        try (ShownDownload shown = new ShownDownload(progress)) {
            folder = ask(hub -> hub.downloadModel(address.repository(), address.revision(), shown));
        }
    }

    /** A path at which nothing is, while the model is not in the cache: so DJL asks whether it is. */
    @Override
    public Path getResourceDirectory(Artifact artifact) throws IOException {
        if (folder == null) {
            folder = ask(hub -> hub.cachedModel(address.repository(), address.revision())).orElse(null);
        }
        return folder == null ? getCacheDirectory().resolve("not-downloaded") : folder;
    }

    @Override
    public Path getCacheDirectory() throws IOException {
        return ask(HubCalls::cache);
    }

    @Override
    protected URI resolvePath(Artifact.Item item, String path) throws IOException {
        return getResourceDirectory(item.getArtifact()).resolve(item.getName()).resolve(path).toUri();
    }

    private static <T> T ask(Function<HubCalls, T> question) throws IOException {
        try (BallastLease lease = BallastLease.take()) {
            return question.apply(lease.ballast().bridge().hub());
        } catch (BallastException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
