package io.ballast.train;

import io.ballast.config.PhaseConfig;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.BatchSlot;
import io.ballast.data.PhaseData;
import io.ballast.python.Bridge;

import java.nio.LongBuffer;
import java.util.List;
import java.util.stream.Stream;

/**
 * The loss on a fixed sample of a phase's rows, so that what training gained can be measured and put beside Σω: the same
 * ones each time, a twentieth of its batches, but at most about {@value #ROWS} rows, and one batch at least. Asked before and
 * after a phase of twenty batches or more, it adds a thirtieth to it at most.
 */
final class LossProbe {
    private static final int ROWS = 128;
    private static final int BATCHES_FOR_EACH = 20;

    private final Bridge bridge;
    private final long model;
    private final List<Batch> batches;

    LossProbe(Bridge bridge, long model, PhaseData data, PhaseConfig phase) {
        this.bridge = bridge;
        this.model = model;
        BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
        long trained = PhaseTraining.steps(phase, data) * phase.gradientAccumulation() / BATCHES_FOR_EACH;
        long count = Math.min(plan.batchesPerEpoch(), Math.max(1, Math.min(trained, ROWS / phase.batchSize())));
        this.batches = Stream.generate(plan::next).limit(count).toList();
    }

    /** Mean loss, nats per target. */
    double nats() {
        double[] mean = {0};
        bridge.ranks().apart(model, () -> mean[0] = mean());
        return mean[0];
    }

    private double mean() {
        double nats = 0;
        long targets = 0;
        for (Batch batch : batches) {
            LongBuffer slot = BatchSlot.allocate(batch.rows(), batch.length());
            batch.fill(slot);
            nats += bridge.scoring().sumOfNats(model, slot, batch.rows(), batch.length(), batch.packed());
            targets += batch.targets();
        }
        return nats / targets;
    }
}
