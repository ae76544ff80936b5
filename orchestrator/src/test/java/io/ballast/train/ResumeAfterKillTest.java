package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs that are killed at random moments, every other time while they write a checkpoint, and resumed until they end:
 * they leave what the run leaves that nobody killed, to the bit.
 *
 * <p>{@code -Dballast.kills=50} kills more often, {@code -Dballast.kills.seed=2} at other moments, and
 * {@code -Dballast.kills.ranks=2} one of so many processes that train together.
 */
@Tag("one-jdk")
class ResumeAfterKillTest {
    /** Half of them of each kind of training. */
    private static final int ALL_KILLS = Integer.getInteger("ballast.kills", 1);
    private static final int SEED = Integer.getInteger("ballast.kills.seed", 1);
    private static final String RANKS = System.getProperty("ballast.kills.ranks", "1");
    private static final int KILLS_OF_ONE_RUN = 4;

    private static final Logger LOG = LoggerFactory.getLogger(ResumeAfterKillTest.class);

    @TempDir
    Path folder;
    private final Random random = new Random(SEED);
    private int wanted;
    private int kills;
    private int cutOff;
    private long milliseconds;

    /** Dropout and replayed rows, so that every draw matters; a checkpoint at every step, so that some are cut off. */
    private String experiment(String adapter, Path output, boolean async) throws IOException {
        Path file = folder.resolve("experiment.json");
        Files.writeString(file, new TinyExperiment(folder, "gpt2").with("adapter", adapter)
                .with("output", "\"" + output + "\"").with("checkpoint", "{\"steps\": 1, \"keep\": 2, \"async\": " + async + "}")
                .with("general.steps", "25").with("domain.steps", "25").with("domain.replay", "0.3")
                .with("domain.gradientAccumulation", "2").with("general.loggingSteps", "3").experiment().toJson());
        return file.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{\"rank\": 4, \"dropout\": 0.2}"})
    void aRunThatIsKilledAndResumedLeavesWhatItLeavesUndisturbed(String adapter) throws Exception {
        wanted = adapter.equals("null") ? (ALL_KILLS + 1) / 2 : ALL_KILLS / 2;
        assumeTrue(wanted > 0, "skipped: LoRA is killed from -Dballast.kills=2 on");
        Path undisturbed = undisturbed(adapter);
        for (int i = 0; kills < wanted; i++) { // A run that ends before it is killed has a folder of its own too.
            Path output = folder.resolve("killed-" + i);
            Path run = killed(experiment(adapter, output, i % 2 == 0), output);
            WhatARunLeft.assertSame(undisturbed, run);
            assertFalse(Files.exists(run.resolve("checkpoints")));
        }
        LOG.info("{} kills, {} of them while a checkpoint was written, seed {}, adapter {}, {} rank(s)", kills, cutOff,
                SEED, adapter, RANKS);
    }

    private RunProcess start(String... arguments) throws IOException {
        String[] onRanks = Stream.concat(Stream.of(arguments), Stream.of("--nproc-per-node", RANKS)).toArray(String[]::new);
        return RunProcess.start(folder.resolve("logs"), RANKS.equals("1") ? arguments : onRanks);
    }

    private Path undisturbed(String adapter) throws Exception {
        Path output = folder.resolve("undisturbed");
        try (RunProcess process = start(experiment(adapter, output, false))) {
            Path run = process.folder(output);
            long began = System.nanoTime();
            assertEquals(0, process.end(), process.said());
            milliseconds = (System.nanoTime() - began) / 1_000_000;
            return run;
        }
    }

    /** Kills a run a few times and lets it end, where it does not end before. */
    private Path killed(String experiment, Path output) throws Exception {
        Path run = null;
        for (int i = 0; i <= KILLS_OF_ONE_RUN; i++) {
            boolean last = i == KILLS_OF_ONE_RUN || kills >= wanted;
            try (RunProcess process = run == null ? start(experiment) : start("--resume", run.toString())) {
                run = process.folder(output);
                if (!last) {
                    await(process, run);
                }
                if (!last && process.kill(random)) {
                    if (hasCompleted(run)) { // all that was killed is a JVM on its way out
                        return run;
                    }
                    kills++;
                    cutOff += isWriting(run.resolve("checkpoints")) ? 1 : 0;
                    continue;
                }
                assertEquals(0, process.end(), process.said());
                return run;
            }
        }
        throw new IllegalStateException("the last process is not killed");
    }

    private static boolean hasCompleted(Path run) {
        return Files.exists(run.resolve("README.md")) && !Files.exists(run.resolve("checkpoints"));
    }

    /** Until a random moment of the run; every other time until a checkpoint is half written after it. */
    private void await(RunProcess process, Path run) throws InterruptedException, IOException {
        Thread.sleep((long) (random.nextDouble() * milliseconds));
        if (kills % 2 == 1) {
            while (process.isAlive() && !isWriting(run.resolve("checkpoints"))) {
                Thread.onSpinWait();
            }
        }
    }

    private static boolean isWriting(Path checkpoints) throws IOException {
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(checkpoints)) {
            return entries.anyMatch(entry -> entry.toString().endsWith(".partial"));
        }
    }
}
