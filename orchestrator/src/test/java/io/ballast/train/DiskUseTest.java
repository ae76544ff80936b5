package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.config.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUseTest {
    private static final long TRAINED = 1000;
    /** Ω and θ*. */
    private static final long ANCHOR = 8 * TRAINED;
    private static final long MODEL = 4 * TRAINED;
    /** Parameters, two moments, ω. */
    private static final long MEASURING = 16 * TRAINED;
    private static final long HELD = 12 * TRAINED;

    @TempDir
    Path folder;

    private Forecast.Disk disk(String checkpoint, Double seconds, long more) throws IOException {
        ExperimentConfig config = new TinyExperiment(folder, "llama-tied").with("checkpoint", checkpoint).experiment().config();
        List<Forecast.Plan> plans = List.of(
                new Forecast.Plan("general", config.general(), 100, 8, 8, 30, null, Map.of("importance", "path_integral")),
                new Forecast.Plan("domain", config.domain().get(0), 100, 8, 8, 40, null, Map.of()));
        List<Forecast.Phase> phases = plans.stream().map(plan -> new Forecast.Phase(plan.name(), plan.steps(), 4, 8, 0, 0, 0, 0,
                0, 0, seconds)).toList();
        return new DiskUse(config, plans, TRAINED, TRAINED + more, 0).foreseen(phases);
    }

    private Forecast.Disk disk(String checkpoint, Double seconds) throws IOException {
        return disk(checkpoint, seconds, 0);
    }

    @Test
    void theMostIsTwoCheckpointsAndOneThatIsWrittenBesideWhereThePhaseBegan() throws IOException {
        Forecast.Disk disk = disk("{}", null);
        assertEquals(MODEL + ANCHOR, disk.leftBytes());
        assertEquals(Math.max(3 * MEASURING, MODEL + 3 * HELD), disk.mostBytes() - disk.leftBytes());
        assertEquals(70, disk.cacheBytes());
        assertTrue(disk.fits() && disk.advice().isEmpty(), disk.toString());
    }

    @Test
    void aPhaseThatEndsBeforeACheckpointIsDueKeepsOneWhereItIsStopped() throws IOException {
        assertEquals(MEASURING + MODEL, disk("{}", 60.0).mostBytes() - MODEL - ANCHOR);
        assertEquals(3 * MEASURING, disk("{\"steps\": 10}", 60.0).mostBytes() - MODEL - ANCHOR);
        assertEquals(3 * MEASURING, disk("{\"minutes\": 0.1}", 60.0).mostBytes() - MODEL - ANCHOR);
        assertEquals(0, disk("{\"keep\": 0}", null).mostBytes() - MODEL - ANCHOR);
    }

    @Test
    void whatNoDiskHoldsIsSaidWithNoAdviceAndIsNoFit() throws IOException {
        Forecast.Disk disk = disk("{}", null, 1L << 55);
        assertFalse(disk.fits(), disk.toString());
        assertEquals(List.of(), disk.advice());
    }

    @Test
    void checkpointsThatAreTooManyAreSaid() throws IOException {
        long free = disk("{}", null).freeBytes();
        Forecast.Disk disk = disk("{}", null, free / 30); // 60 bytes of each parameter; 44 and 12 without some or all
        assertFalse(disk.fits(), disk.toString());
        assertTrue(disk.advice().toString().contains("checkpoint.keep: 0"), disk.toString());
    }
}
