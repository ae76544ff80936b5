package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** In processes of their own, ended by a termination signal as Ctrl-C would end them. */
class InterruptionTest {
    /** Stands for a command: begins something that can stop, and writes a last word when it was stopped. */
    static final class Stoppable {
        private Stoppable() {
        }

        /**
         * Waits for the signal.
         *
         * @param arguments "late" to begin only when the signal has come
         * @throws InterruptedException never
         */
        public static void main(String[] arguments) throws InterruptedException {
            Output output = new Output(System.out, System.err, false, arguments);
            try (Interruption interruption = new Interruption(output)) {
                CountDownLatch stopped = new CountDownLatch(1);
                if (arguments.length == 0) {
                    interruption.stopsBy(stopped::countDown);
                }
                output.answer(() -> "", () -> "ready");
                while (arguments.length > 0 && !interruption.requested()) {
                    Thread.sleep(10);
                }
                interruption.stopsBy(stopped::countDown);
                stopped.await();
                Thread.sleep(200);
                System.out.println("written");
            }
            Interruption.commandEnded(5);
            System.exit(5);
        }
    }

    private record Ended(int code, List<String> said) {
    }

    private static Ended endBySignal(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Stoppable.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader lines = process.inputReader()) {
            assertEquals("ready", lines.readLine());
            process.toHandle().destroy(); // leaves the streams open, as Process.destroy() does not
            List<String> said = lines.lines().toList();
            assertTrue(process.waitFor(1, TimeUnit.MINUTES));
            return new Ended(process.exitValue(), said);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whatRunsIsStoppedInOrderAndTheProcessEndsWithFive() throws IOException, InterruptedException {
        Ended ended = endBySignal();
        assertEquals(List.of("written"), ended.said());
        assertEquals(5, ended.code());
    }

    @Test
    void aSignalThatComesBeforeThereIsSomethingToStopIsRemembered() throws IOException, InterruptedException {
        Ended ended = endBySignal("late");
        assertEquals(List.of("written"), ended.said());
        assertEquals(5, ended.code());
    }
}
