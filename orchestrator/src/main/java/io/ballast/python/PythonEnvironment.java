package io.ballast.python;

import io.ballast.MissingEnvironmentException;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The Python that is embedded, and the folder of Ballast's own Python package.
 *
 * @param executable  python of the environment; its packages are the ones that are imported
 * @param jepLibrary  Jep's native library inside that environment
 * @param packagePath folder that contains the Python package {@code ballast}
 */
public record PythonEnvironment(Path executable, Path jepLibrary, Path packagePath) {

    static final String SETUP = "Run './ballast setup' in Ballast's folder, or './ballast setup --prefix FOLDER' and set"
            + " BALLAST_PYTHON to FOLDER/bin/python; Ballast.doctor() says what a Python lacks.";

    /**
     * Finds the Python to embed: the one that {@code BALLAST_PYTHON} (environment) or {@code ballast.python} (system
     * property) names, else {@code .venv} below Ballast's own folder, which {@code ballast.home} (system property) or
     * {@code BALLAST_HOME} names. With such a folder its {@code python-ext} is used, and a named Python without Jep is passed
     * over, since it is what {@code ./ballast setup} made {@code .venv} of; without one the Python package is the jar's.
     *
     * @return the environment
     * @throws MissingEnvironmentException when there is none
     */
    public static PythonEnvironment find() {
        return of(candidate());
    }

    /** The executable that is to be embedded, which need not be there. */
    static Path candidate() {
        String home = home();
        String named = System.getProperty("ballast.python", System.getenv("BALLAST_PYTHON"));
        if (named != null && (home == null || jepLibrary(Path.of(named)) != null)) {
            return Path.of(named);
        }
        if (home == null) {
            throw new MissingEnvironmentException("Expected BALLAST_PYTHON or the system property ballast.python to name a"
                    + " Python with Jep and PyTorch, or ballast.home to name Ballast's folder; found none of them. "
                    + SETUP);
        }
        return Path.of(home, ".venv", "bin", "python");
    }

    /**
     * A given Python, with the package of Ballast's folder where that is known, else with the jar's.
     *
     * @param executable python of an environment with Jep and PyTorch
     * @return the environment
     * @throws MissingEnvironmentException when it is not there or has no Jep
     */
    public static PythonEnvironment of(Path executable) {
        Path library = jepLibrary(executable);
        if (library == null) {
            throw new MissingEnvironmentException("Expected a Python environment with Jep at " + executable
                    + "; found none. " + SETUP);
        }
        return new PythonEnvironment(executable, library, packageFolder());
    }

    private static String home() {
        return System.getProperty("ballast.home", System.getenv("BALLAST_HOME"));
    }

    /** The folder that contains the Python package. */
    static Path packageFolder() {
        return home() == null ? PythonPackage.unpacked() : Path.of(home(), "python-ext");
    }

    private static Path jepLibrary(Path executable) {
        Path bin = executable.toAbsolutePath().getParent();
        if (!Files.isExecutable(executable) || bin == null) {
            return null;
        }
        try (DirectoryStream<Path> pythons = Files.newDirectoryStream(bin.resolveSibling("lib"), "python3*")) {
            for (Path python : pythons) {
                Path library = python.resolve("site-packages/jep/" + System.mapLibraryName("jep"));
                if (Files.exists(library)) {
                    return library;
                }
            }
            return null;
        } catch (IOException nothingThere) {
            return null;
        }
    }
}
