package io.ballast.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonPackageTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    @TempDir
    Path cache;

    @Test
    void itIsUnpackedOnceAndIsTheSourceTreeS() throws IOException {
        Path folder = PythonPackage.unpacked(cache);
        Path source = HOME.resolve("python-ext/ballast");
        Set<String> expected = files(source);
        expected.addAll(Set.of("kernels/kernels.cu", "kernels/elements.h", "kernels/libballast_native.so"));
        assertEquals(expected, files(folder.resolve("ballast")));
        assertEquals(-1, Files.mismatch(source.resolve("bridge.py"), folder.resolve("ballast/bridge.py")));
        FileTime made = Files.getLastModifiedTime(folder);
        assertEquals(folder, PythonPackage.unpacked(cache));
        assertEquals(made, Files.getLastModifiedTime(folder));
        try (Stream<Path> all = Files.list(cache)) {
            assertEquals(1, all.count(), "nothing half-made is left");
        }
    }

    private static Set<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString())
                    .filter(name -> !name.contains("__pycache__")).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void aPythonUsesItWithItsOwnKernels() throws IOException, InterruptedException {
        Path folder = PythonPackage.unpacked(cache);
        ProcessBuilder builder = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(), "-c",
                "from ballast import kernels; print(kernels.describe())").redirectErrorStream(true);
        builder.environment().put("PYTHONPATH", folder.toString());
        Process python = builder.directory(cache.toFile()).start();
        String told = new String(python.getInputStream().readAllBytes());
        assertEquals(0, python.waitFor(), told);
        assertTrue(told.contains(folder.resolve("ballast/kernels/libballast_native.so").toString()), told);
    }
}
