package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A service that runs experiments for weeks: what one run took, the next has again. In a process of its own, whose memory
 * no other test has been in.
 *
 * <p>{@code -Dballast.runs=200} makes more.
 */
@Tag("one-jdk")
class ManyRunsTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final int RUNS = Math.max(20, Integer.getInteger("ballast.runs", 50));
    private static final int WARM = 10;
    private static final List<String> NAMES = List.of("bytes", "threads", "open files");

    @TempDir
    Path folder;

    @Test
    void manyRunsGrowNeitherMemoryNorThreadsNorFiles() throws IOException, InterruptedException {
        List<long[]> held = held();
        assertEquals(RUNS, held.size());
        long before = smallest(held.subList(WARM, WARM + 5), 0);
        long after = smallest(held.subList(RUNS - 5, RUNS), 0);
        System.out.printf("resident MiB after runs %d to %d: %.1f, after %d to %d: %.1f (%+.2f %%)%n", WARM + 1, WARM + 5,
                before / 1048576.0, RUNS - 4, RUNS, after / 1048576.0, 100.0 * (after - before) / before);
        assertTrue(after < 1.02 * before, "grew from " + before + " to " + after);
        for (int what = 1; what < NAMES.size(); what++) {
            assertEquals(smallest(held.subList(WARM, WARM + 5), what), smallest(held.subList(RUNS - 5, RUNS), what),
                    NAMES.get(what));
        }
    }

    /**
     * The smallest of five: an allocator keeps now more, now less of what was freed, and a file may be closed a moment after
     * its run.
     */
    private static long smallest(List<long[]> held, int what) {
        return held.stream().mapToLong(each -> each[what]).min().orElseThrow();
    }

    /** After each run: bytes, threads, files. */
    private List<long[]> held() throws IOException, InterruptedException {
        Path rows = Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, 16)
                .mapToObj(i -> "{\"text\": \"Boat %d went down river %d.\"}".formatted(i, i * 5 % 16))
                .collect(Collectors.joining("\n")));
        Process program = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dballast.home=" + HOME, "-cp",
                System.getProperty("java.class.path"), ManyRuns.class.getName(),
                TinyModels.folder("llama-tied").toString(), rows.toString(), folder.resolve("runs").toString(),
                String.valueOf(RUNS)).redirectErrorStream(true).start();
        String output = new String(program.getInputStream().readAllBytes());
        assertEquals(0, program.waitFor(), output);
        return output.lines().filter(line -> line.startsWith("held "))
                .map(line -> Arrays.stream(line.substring("held ".length()).split(" ")).mapToLong(Long::parseLong).toArray())
                .toList();
    }
}
