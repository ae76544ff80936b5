package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.artifacts.RunArtifacts;
import io.ballast.checkpoint.RunLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults that need a process of their own: a small heap, a clock that runs backwards, a second run on one folder. */
@Tag("one-jdk")
class FaultsOfTheProcessTest {
    /** The time of day goes back as fast as it should go on; what counts time from the start of the machine does not. */
    private static final String BACKWARDS = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <sys/time.h>
            #include <time.h>

            int clock_gettime(clockid_t clock, struct timespec *now) {
                static int (*asked)(clockid_t, struct timespec *);
                static time_t began;
                if (!asked)
                    asked = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
                int refused = asked(clock, now);
                if (refused || clock != CLOCK_REALTIME)
                    return refused;
                if (!began)
                    began = now->tv_sec;
                now->tv_sec = 2 * began - now->tv_sec - 1;
                now->tv_nsec = 999999999 - now->tv_nsec;
                return 0;
            }

            int gettimeofday(struct timeval *now, void *zone) {
                struct timespec exact;
                int refused = clock_gettime(CLOCK_REALTIME, &exact);
                now->tv_sec = exact.tv_sec;
                now->tv_usec = exact.tv_nsec / 1000;
                return refused;
            }

            time_t time(time_t *now) {
                struct timespec exact;
                clock_gettime(CLOCK_REALTIME, &exact);
                if (now)
                    *now = exact.tv_sec;
                return exact.tv_sec;
            }
            """;

    @TempDir
    Path folder;

    private static Path onlyRun(Path output) throws IOException {
        try (Stream<Path> runs = Files.list(output)) {
            return runs.findFirst().orElseThrow();
        }
    }

    @Test
    void aHeapThatIsTooSmallIsToldWithWhatToDo() throws Exception {
        String experiment = TinyExperiment.write(folder).toString();
        String row = "{\"text\": \"" + "the cat sees a fish . ".repeat(50_000) + "\"}\n";
        Files.writeString(folder.resolve("general.jsonl"), row.repeat(120)); // 132 MB
        Typed typed = Typed.inAProcess(own -> { }, List.of("-Xmx64m"), "run", experiment, "--quiet", "--set",
                "general.data.0.path=" + folder.resolve("domain.jsonl"), "--set", "general.data.0.text={q}");
        assertEquals(4, typed.code(), typed.err());
        assertTrue(typed.err().contains("ballast: Expected that Java's heap has room; found that its 64 MiB are full"),
                typed.err());
        assertTrue(typed.err().contains("BALLAST_JAVA_OPTIONS=-Xmx"), typed.err());
        assertFalse(typed.err().contains("bug in Ballast"), typed.err());
        Path run = onlyRun(folder.resolve("runs"));
        assertEquals("failed", Result.read(run).status());
        assertEquals(0, Typed.run("inspect", run.toString()).code());
    }

    @Test
    void aClockThatRunsBackwardsChangesNothingButTimes() throws Exception {
        Path library = folder.resolve("backwards.so");
        Path source = Files.writeString(folder.resolve("backwards.c"), BACKWARDS);
        assumeTrue(compiled(source, library), "skipped: there is no C compiler to make a clock that runs backwards");
        String experiment = TinyExperiment.write(folder).toString();
        Typed typed = Typed.inAProcess(own -> own.put("LD_PRELOAD", library.toString()), List.of(), "run", experiment, "--set",
                "checkpoint.minutes=1e-9", "--set", "evaluation.cache=false");
        assertEquals(0, typed.code(), typed.err());
        Path run = onlyRun(folder.resolve("runs"));
        List<Instant> times = new RunArtifacts(run).events().stream().map(RunEvent::time).toList();
        assertTrue(times.get(times.size() - 1).isBefore(times.get(0)), "the clock did run backwards: " + times);
        Result result = Result.read(run);
        assertTrue(result.phases().stream().allMatch(phase -> phase.seconds() > 0), result.phases().toString());
        assertEquals(0, Typed.run("run", experiment, "--quiet", "--set", "output=" + folder.resolve("forwards"),
                "--set", "evaluation.cache=false").code());
        assertEquals(Result.read(onlyRun(folder.resolve("forwards"))).scores(), result.scores());
        assertFalse(Files.exists(run.resolve("checkpoints")));
    }

    private static boolean compiled(Path source, Path library) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder("cc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString(), "-ldl")
                    .inheritIO().start().waitFor() == 0;
        } catch (IOException absent) {
            return false;
        }
    }

    @Test
    void aFolderThatARunOfAnotherProcessWorksOnIsRefused() throws Exception {
        String experiment = TinyExperiment.write(folder).toString();
        assertEquals(4, Typed.run("run", experiment, "--quiet", "--set", "general.learningRate=1e30").code());
        Path run = onlyRun(folder.resolve("runs"));
        RunLock lock = RunLock.take(run);
        Typed typed = Typed.inAProcess(own -> { }, List.of(), "run", "--resume", run.toString());
        lock.close();
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains("found that one works on " + run), typed.err());
    }
}
