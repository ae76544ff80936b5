package io.ballast.python;

import io.ballast.MissingEnvironmentException;
import io.ballast.data.CacheFolder;
import io.ballast.data.Sha256;
import io.ballast.data.WholeFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Python package {@code ballast} that the jar carries, with the native kernels of the jar's platform: unpacked once
 * into the cache, into a folder that its version and content name.
 */
final class PythonPackage {
    private static final String CARRIED = "/META-INF/ballast/";
    private static final String FILES = CARRIED + "files";
    private static final String PYTHON = "python/";
    private static final String NATIVE = "native/" + System.getProperty("os.name") + "-" + System.getProperty("os.arch")
            + "/";
    private static final String KERNELS = "ballast/kernels/";

    private PythonPackage() {
    }

    /**
     * Unpacks what is not there yet.
     *
     * @return the folder that contains the Python package {@code ballast}
     * @throws MissingEnvironmentException when the jar carries none, or the cache cannot be written
     */
    static Path unpacked() {
        return unpacked(CacheFolder.of("package"));
    }

    /** As {@link #unpacked()}, below a folder. */
    static Path unpacked(Path cache) {
        try {
            Map<String, byte[]> files = files();
            Sha256 hash = new Sha256();
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                hash.text(file.getKey()).bytes(file.getValue());
            }
            Path folder = cache.resolve(Versions.ballast() + "-" + hash.hex().substring(0, 16));
            if (!Files.isDirectory(folder)) {
                unpack(files, folder);
            }
            return folder;
        } catch (IOException e) {
            throw new MissingEnvironmentException("Expected to unpack Ballast's Python package into " + cache + "; found "
                    + e + ". Make room there, or name another folder in BALLAST_CACHE.", e);
        }
    }

    /** By path below the folder; the kernels of other platforms are left out. */
    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String name : names()) {
            if (name.startsWith(PYTHON)) {
                files.put(name.substring(PYTHON.length()), read(CARRIED + name));
            } else if (name.startsWith(NATIVE)) {
                files.put(KERNELS + name.substring(NATIVE.length()), read(CARRIED + name));
            }
        }
        return files;
    }

    private static List<String> names() throws IOException {
        try (InputStream index = PythonPackage.class.getResourceAsStream(FILES)) {
            if (index == null) {
                throw new MissingEnvironmentException("Expected Ballast's Python package in its jar; found none. Take the"
                        + " jar that 'mvn package' makes, or set the system property ballast.home to Ballast's folder.");
            }
            return new String(index.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank())
                    .toList();
        }
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream stream = PythonPackage.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IOException("the jar lacks " + resource);
            }
            return stream.readAllBytes();
        }
    }

    /** Into a folder of its own, which takes its name at the end: two processes may unpack at once. */
    private static void unpack(Map<String, byte[]> files, Path folder) throws IOException {
        Files.createDirectories(folder.getParent());
        Path fresh = Files.createTempDirectory(folder.getParent(), "unpacking-");
        try {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Path target = fresh.resolve(file.getKey());
                Files.createDirectories(target.getParent());
                Files.write(target, file.getValue());
            }
            WholeFiles.giveName(fresh, folder);
        } finally {
            WholeFiles.delete(fresh);
        }
    }
}
