package io.ballast.plugin;

import io.ballast.config.PluginName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where the modules of plug-ins in Python lie. */
public final class PythonModules {
    private PythonModules() {
    }

    /**
     * @param name    {@code package.module:Name}, or any text
     * @param folders in which plug-ins are looked for
     * @return the module's file; empty where the text is no such name, or the module is elsewhere on Python's path
     */
    public static Optional<Path> file(String name, List<String> folders) {
        if (!name.matches(PluginName.PATTERN)) {
            return Optional.empty();
        }
        String module = name.substring(0, name.indexOf(':')).replace('.', '/');
        return folders.stream().flatMap(folder -> Stream.of(module + ".py", module + "/__init__.py")
                .map(file -> Path.of(folder).resolve(file))).filter(Files::isRegularFile).findFirst();
    }
}
