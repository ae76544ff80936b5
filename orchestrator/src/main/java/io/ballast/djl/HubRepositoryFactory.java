package io.ballast.djl;

import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import io.ballast.InvalidInputException;
import io.ballast.model.HubAddress;
import java.net.URI;
import java.util.Set;

/**
 * Gives DJL the address {@code hf://org/name@revision}: a model of the Hugging Face hub. DJL finds this class by
 * itself. It registers no other scheme, since a scheme is the whole JVM's.
 */
public final class HubRepositoryFactory implements RepositoryFactory {
    /** The scheme of the hub's addresses. */
    static final String SCHEME = "hf";

    /** DJL makes it. */
    public HubRepositoryFactory() {
        // Nothing is loaded before a model is asked for.
    }

    /**
     * The repository that holds the one model of an address.
     *
     * @param name what DJL calls it
     * @param uri  the address; arguments for DJL may follow as {@code ?key=value&key=value}
     * @return it; nobody was asked yet
     * @throws IllegalArgumentException when it is no address of a model
     */
    @Override
    public Repository newInstance(String name, URI uri) {
        try {
            return new HubRepository(name, uri, HubAddress.model(withoutArguments(uri)));
        } catch (InvalidInputException noAddress) {
            throw new IllegalArgumentException(noAddress.getMessage(), noAddress);
        }
    }

    /** By the authority: the host is null where a name has an underscore, and lacks what stands before an @. */
    private static String withoutArguments(URI uri) {
        return uri.getRawAuthority() == null ? uri.toString() : SCHEME + "://" + uri.getAuthority() + uri.getPath();
    }

    @Override
    public Set<String> getSupportedScheme() {
        return Set.of(SCHEME);
    }
}
