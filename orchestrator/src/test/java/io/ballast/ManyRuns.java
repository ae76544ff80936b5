package io.ballast;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program that runs one small experiment after another, and prints after each what the process holds. */
final class ManyRuns {
    private ManyRuns() {
    }

    /** @param arguments a model's folder, a file of rows, a folder for runs, and how many */
    public static void main(String[] arguments) throws IOException {
        Path rows = Path.of(arguments[1]);
        ExperimentBuilder experiment = Experiment.builder("again", arguments[0])
                .general(TrainingPhase.of(1e-3).text(rows, "{text}").steps(2).batchSize(4))
                .domain(TrainingPhase.of(1e-3).text(rows, "{text}").steps(2).batchSize(4))
                .retention("hierarchical").generalPerplexity("boats", rows).output(Path.of(arguments[2]))
                .set("model.device", "cpu").set("evaluation.cache", false);
        try (Ballast ballast = Ballast.open()) {
            for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
                ballast.run(experiment.set("seed", i).build(), RunListener.NONE);
                System.out.printf("held %d %d %d%n", residentBytes(), Thread.activeCount(), openFiles());
            }
        }
    }

    /** After a collection: the heap's garbage is Java's own affair. */
    private static long residentBytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024).findFirst().orElseThrow();
    }

    private static long openFiles() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }
}
