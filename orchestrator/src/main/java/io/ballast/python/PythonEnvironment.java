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

    /**
     * Finds the environment that {@code ./ballast setup} made: {@code .venv} below the system
     * property {@code ballast.home} or the environment variable {@code BALLAST_HOME}, unless
     * {@code BALLAST_PYTHON} names an interpreter that has Jep.
     *
     * @return the environment
     * @throws MissingEnvironmentException when there is none
     */
    public static PythonEnvironment find() {
        String home = System.getProperty("ballast.home", System.getenv("BALLAST_HOME"));
        if (home == null) {
            throw new MissingEnvironmentException("Expected the system property ballast.home or the environment"
                    + " variable BALLAST_HOME to name Ballast's folder; found neither. Set one to the folder that"
                    + " contains the file 'ballast'.");
        }
        Path packagePath = Path.of(home, "python-ext");
        String named = System.getenv("BALLAST_PYTHON");
        if (named != null) {
            Path executable = Path.of(named);
            Path library = jepLibrary(executable);
            if (library != null) {
                return new PythonEnvironment(executable, library, packagePath);
            }
        }
        Path executable = Path.of(home, ".venv", "bin", "python");
        Path library = jepLibrary(executable);
        if (library == null) {
            throw new MissingEnvironmentException("Expected a Python environment with Jep at " + executable
                    + "; found none. Run './ballast setup', or './ballast doctor' to see what is missing.");
        }
        return new PythonEnvironment(executable, library, packagePath);
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
