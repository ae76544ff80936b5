package io.ballast.plugin;

import io.ballast.PluginException;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** What the class path offers of an interface. */
public final class Services {
    private Services() {
    }

    /**
     * @param type an interface
     * @param <T>  it
     * @return a new instance of each class that {@code META-INF/services/TYPE} names
     * @throws PluginException when a class is not there, or cannot be made
     */
    public static <T> List<T> of(Class<T> type) {
        try {
            return ServiceLoader.load(type).stream().map(ServiceLoader.Provider::get).toList();
        } catch (ServiceConfigurationError broken) {
            throw new PluginException("expected classes that can be made in META-INF/services/" + type.getName()
                    + ", found " + broken.getMessage()
                    + (broken.getCause() == null ? "" : " (" + broken.getCause() + ")")
                    + ". Mend the jar, or take it off the class path.", broken);
        }
    }
}
