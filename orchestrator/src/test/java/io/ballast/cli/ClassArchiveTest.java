package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTest {
    @TempDir
    Path folder;

    /** As the launcher has it; an archive is of jars alone. */
    private String classPath() throws IOException, URISyntaxException {
        Path classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path jar = folder.resolve("ballast.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar)); Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
        List<String> libraries = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.endsWith(".jar") && path.contains("gson")).toList();
        return String.join(File.pathSeparator, Stream.concat(Stream.of(jar.toString()), libraries.stream()).toList());
    }

    private List<String> java(String... arguments) throws IOException, InterruptedException {
        Path said = folder.resolve("said");
        List<String> command = Stream.concat(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()), Stream.of(arguments)).toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        assertEquals(0, process.waitFor(), Files.readString(said));
        return Files.readAllLines(said);
    }

    @Test
    void aJvmMapsTheClassesOfTheArchive() throws Exception {
        String classPath = classPath();
        String archive = folder.resolve("classes.jsa").toString();
        java("-XX:ArchiveClassesAtExit=" + archive, "-Xlog:cds*=off", "-cp", classPath, ClassArchive.class.getName());
        List<String> loaded = java("-XX:SharedArchiveFile=" + archive, "-Xlog:class+load", "-cp", classPath,
                ClassArchive.class.getName());
        for (Class<?> each : List.of(Main.class, RunCommand.class, Gson.class)) {
            assertTrue(loaded.stream().anyMatch(
                    line -> line.contains(each.getName() + " source: shared objects file (top)")), each.getName());
        }
    }
}
