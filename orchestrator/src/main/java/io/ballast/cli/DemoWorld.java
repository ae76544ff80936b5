package io.ballast.cli;

import io.ballast.StoppedException;
import io.ballast.TrainingFailedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The demo's model and data, made by {@code make_world.py} in a Python process of its own. */
final class DemoWorld {
    private static final int LINES_TO_SHOW = 30;

    private DemoWorld() {
    }

    /** A world that was begun and not finished has another name, and is begun again. */
    static void makeIfMissing(Path demo, long seed, Path python, Interruption interruption, Output output) {
        Path world = demo.resolve("world");
        if (Files.isDirectory(world)) {
            return;
        }
        Path partial = demo.resolve("world.partial");
        output.note("Making the demo's world: text, a tokenizer and a small model.");
        long started = System.nanoTime();
        run(List.of(python.toString(), demo.resolve("make_world.py").toString(), "--out", partial.toString(),
                "--seed", String.valueOf(seed)), interruption, output);
        try {
            Files.move(partial, world);
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's world could not be put in its place", e);
        }
        output.note(String.format(Locale.ROOT, "Made in %.0f s.", (System.nanoTime() - started) / 1e9));
    }

    private static void run(List<String> command, Interruption interruption, Output output) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            interruption.stopsBy(process.toHandle()::destroy); // Process.destroy() would close what is read below
            process.getOutputStream().close();
            List<String> said = new ArrayList<>();
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    said.add(line);
                    output.status(line);
                }
            }
            int code = process.waitFor();
            if (interruption.requested()) {
                throw new StoppedException("Stopped while the demo's world was made; the next start makes it anew.");
            }
            if (code != 0) {
                throw new TrainingFailedException("expected make_world.py to make the demo's world; it ended with "
                        + code + " and said:\n" + String.join("\n", said.subList(
                                Math.max(0, said.size() - LINES_TO_SHOW), said.size())));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Python could not be started: " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the demo's world was made", e);
        }
    }
}
