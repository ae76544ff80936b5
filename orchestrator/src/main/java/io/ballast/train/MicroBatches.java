package io.ballast.train;

import io.ballast.DeviceOutOfMemoryException;
import io.ballast.config.PhaseConfig;
import io.ballast.data.Batch;
import io.ballast.data.BatchRing;
import io.ballast.data.BatchSlot;
import io.ballast.python.Bridge;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How the micro-batches of a step go to the model: whole; or with {@code autoBatch}, once the device had no room for one,
 * in halves, in quarters and so on, whose gradients add up. The pass that found no room is made again from its start, so
 * every step has the rows and tokens that it has where there is room, and each token weighs the same.
 */
final class MicroBatches {
    private final Bridge bridge;
    private final EventLog log;
    private final String name;
    private final PhaseConfig config;
    private final long phase;
    private int rowsAtOnce;
    /** Holds a part of a batch; null until one is needed. */
    private LongBuffer part;

    /** What is done with each micro-batch of a step, by a function of Python. */
    interface Pass {
        void of(long phase, LongBuffer slot, int rows, int length, boolean packed, long targets);
    }

    /** @param rowsAtOnce that there was room for when the run was interrupted; 0 where none was too many */
    MicroBatches(Bridge bridge, EventLog log, String name, PhaseConfig config, long phase, int rowsAtOnce) {
        this.bridge = bridge;
        this.log = log;
        this.name = name;
        this.config = config;
        this.phase = phase;
        this.rowsAtOnce = rowsAtOnce == 0 ? config.batchSize() : rowsAtOnce;
    }

    /** Rows that are computed at once where they are fewer than the phase's; else 0. */
    int reducedBatchSize() {
        return rowsAtOnce < config.batchSize() ? rowsAtOnce : 0;
    }

    /**
     * Goes over the micro-batches of a step.
     *
     * @param step    optimizer steps made
     * @param release takes each back once it is not needed any more
     * @throws DeviceOutOfMemoryException when there is no room, and there may be no halving or nothing to halve
     */
    void pass(List<BatchRing.Slot> batches, long step, Pass pass, Consumer<BatchRing.Slot> release) {
        long targets = batches.stream().mapToLong(slot -> slot.batch().targets()).sum();
        if (!config.autoBatch()) {
            batches.forEach(slot -> {
                compute(slot, targets, pass);
                release.accept(slot);
            });
            return;
        }
        computeInParts(batches, step, targets, pass);
        batches.forEach(release);
    }

    private void computeInParts(List<BatchRing.Slot> batches, long step, long targets, Pass pass) {
        while (true) {
            bridge.phases().beginPass(phase);
            try {
                batches.forEach(slot -> compute(slot, targets, pass));
                return;
            } catch (DeviceOutOfMemoryException full) {
                if (rowsAtOnce == 1) {
                    throw full;
                }
                bridge.phases().undoPass(phase);
                halve(step, full);
            }
        }
    }

    private void compute(BatchRing.Slot slot, long targets, Pass pass) {
        Batch batch = slot.batch();
        if (batch.rows() <= rowsAtOnce) {
            pass.of(phase, slot.buffer(), batch.rows(), batch.length(), batch.packed(), targets);
            return;
        }
        for (int from = 0; from < batch.rows(); from += rowsAtOnce) {
            Batch some = batch.part(from, Math.min(from + rowsAtOnce, batch.rows()));
            if (part == null || part.capacity() < BatchSlot.PLANES * some.rows() * some.length()) {
                part = BatchSlot.allocate(some.rows(), batch.length());
            }
            some.fill(part);
            pass.of(phase, part, some.rows(), some.length(), some.packed(), targets);
        }
    }

    private void halve(long step, DeviceOutOfMemoryException full) {
        int before = rowsAtOnce;
        rowsAtOnce = (before + 1) / 2;
        log.add("smaller-batch", name, step, Map.of("rows", rowsAtOnce, "before", before, "message",
                "no room for " + before + " rows at once (" + full.getMessage().lines().findFirst().orElse("") + "); from"
                        + " now on " + rowsAtOnce + " at a time, whose gradients add up: a step has the same rows"));
    }
}
