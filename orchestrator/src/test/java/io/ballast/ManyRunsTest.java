package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that runs experiments for weeks: what one run took, the next has again. */
@Tag("one-jdk")
class ManyRunsTest {
    private static final int RUNS = 50;
    private static final int WARM = 10;

    @TempDir
    Path folder;

    @Test
    void fiftyRunsGrowNeitherMemoryNorThreadsNorFiles() throws IOException {
        Path rows = Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, 16)
                .mapToObj(i -> "{\"text\": \"Boat %d went down river %d.\"}".formatted(i, i * 5 % 16))
                .collect(Collectors.joining("\n")));
        ExperimentBuilder experiment = Experiment.builder("again", TinyModels.folder("llama-tied").toString())
                .general(TrainingPhase.of(1e-3).text(rows, "{text}").steps(2).batchSize(4))
                .domain(TrainingPhase.of(1e-3).text(rows, "{text}").steps(2).batchSize(4))
                .retention("hierarchical").generalPerplexity("boats", rows).output(folder.resolve("runs"))
                .set("model.device", "cpu").set("evaluation.cache", false);
        long[] resident = new long[RUNS];
        Held warm = null;
        try (Ballast ballast = Ballast.open()) {
            for (int i = 0; i < RUNS; i++) {
                ballast.run(experiment.set("seed", i).build(), RunListener.NONE);
                resident[i] = residentBytes();
                warm = i == WARM - 1 ? Held.now() : warm;
            }
            assertEquals(warm, Held.now());
        }
        long before = smallest(resident, WARM, WARM + 5);
        long after = smallest(resident, RUNS - 5, RUNS);
        System.out.printf("resident MiB after runs %d to %d: %.1f, after %d to %d: %.1f (%+.2f %%)%n", WARM + 1, WARM + 5,
                before / 1048576.0, RUNS - 4, RUNS, after / 1048576.0, 100.0 * (after - before) / before);
        assertTrue(after < 1.02 * before, "grew from " + before + " to " + after);
    }

    /** The heap's garbage is Java's own affair: each is taken after a collection, and the smallest of five counts. */
    private static long smallest(long[] values, int from, int to) {
        return IntStream.range(from, to).mapToLong(i -> values[i]).min().orElseThrow();
    }

    private static long residentBytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024).findFirst().orElseThrow();
    }

    /** @param threads of the process, @param files that it has open */
    private record Held(int threads, long files) {
        static Held now() {
            return new Held(Thread.activeCount(),
                    ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount());
        }
    }
}
