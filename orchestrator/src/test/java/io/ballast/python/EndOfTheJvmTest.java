package io.ballast.python;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.StoppedException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** In a process of its own, which ends. */
class EndOfTheJvmTest {
    /** Wants Python when the JVM is ending already, as a command does that is interrupted while it starts. */
    static final class StartsTooLate {
        private StartsTooLate() {
        }

        public static void main(String[] arguments) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    Interpreter.start(PythonEnvironment.find());
                    System.out.print("started");
                } catch (StoppedException stopped) {
                    System.out.print(stopped.getMessage());
                }
                System.out.flush();
            }));
        }
    }

    @Test
    void pythonIsNotStartedAnyMore() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dballast.home=" + System.getProperty("ballast.home"), "-cp", System.getProperty("java.class.path"),
                StartsTooLate.class.getName()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor());
        assertEquals("Stopped before Python was started: the JVM is ending.", said);
    }
}
