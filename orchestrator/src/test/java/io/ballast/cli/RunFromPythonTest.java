package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Python's {@code ballast.run} with the command line as it is compiled here. */
@Tag("one-jdk")
class RunFromPythonTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    @TempDir
    Path folder;
    private Path experiment;

    @BeforeEach
    void writeExperimentAndLauncher() throws IOException {
        experiment = TinyExperiment.write(folder);
        Path launcher = folder.resolve("ballast");
        Files.writeString(launcher, ("#!/bin/sh\nexec '%s' --enable-native-access=ALL-UNNAMED '-Dballast.home=%s'"
                + " -cp '%s' %s \"$@\"\n").formatted(Path.of(System.getProperty("java.home"), "bin", "java"), HOME,
                        System.getProperty("java.class.path"), Main.class.getName()));
        assertTrue(launcher.toFile().setExecutable(true));
        Files.createFile(folder.resolve("pom.xml"));
    }

    private String python(String asked) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("orchestrator/src/test/python/run_from_python.py").toString(), experiment.toString(),
                asked);
        builder.environment().put("BALLAST_HOME", folder.toString());
        builder.environment().put("PYTHONPATH", HOME.resolve("python-ext").toString());
        File said = folder.resolve("said").toFile();
        Process process = builder.redirectError(said).start();
        String out = new String(process.getInputStream().readAllBytes()).strip();
        assertEquals(0, process.waitFor(), Files.readString(said.toPath()));
        return out;
    }

    @Test
    void aMappingRunsAndItsResultBecomesFrames() throws IOException, InterruptedException {
        assertEquals("frames ['acc', 'acc_norm', 'perplexity'] [1, 2, 3, 4] 7", python("frames"));
    }

    @Test
    void whatIsWrongIsAPythonExceptionWithTheMessageAndTheExitCode() throws IOException, InterruptedException {
        String said = python("wrong");
        assertTrue(said.startsWith("2 ") && said.contains("retention.method") && said.contains("nonsense"), said);
    }

    @Test
    void anInterruptEndsTheRunAfterItsStepWithWhatThereIs() throws IOException, InterruptedException {
        assertEquals("stopped True", python("interrupted"));
    }
}
