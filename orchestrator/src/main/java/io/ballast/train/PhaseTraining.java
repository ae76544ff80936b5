package io.ballast.train;

import io.ballast.DeviceOutOfMemoryException;
import io.ballast.checkpoint.PhasePosition;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.BatchPlan;
import io.ballast.data.BatchRing;
import io.ballast.data.PhaseData;
import io.ballast.python.Bridge;
import io.ballast.ranks.Ranks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Trains a run's model, phase by phase. */
final class PhaseTraining {
    /** Slots beyond those that one optimizer step takes: one is being filled while another waits. */
    static final int SPARE_SLOTS = 2;
    static final int FILLING_THREADS = 1;

    private final Bridge bridge;
    private final EventLog log;
    private final BooleanSupplier cancelled;
    private final RunRecord record;
    private final ExperimentConfig config;
    private final long model;
    private final RunCheckpoints checkpoints;
    private double measuredSeconds;

    /**
     * What stands beside the task in a phase.
     *
     * @param method     that holds it back
     * @param options    of the method
     * @param anchor     its handle, or 0
     * @param importance what is measured along the way, or null
     */
    record Beside(String method, Map<String, Object> options, long anchor, String importance) {
    }

    PhaseTraining(Bridge bridge, EventLog log, BooleanSupplier cancelled, RunRecord record, ExperimentConfig config,
            long model, RunCheckpoints checkpoints) {
        this.bridge = bridge;
        this.log = log;
        this.cancelled = cancelled;
        this.record = record;
        this.config = config;
        this.model = model;
        this.checkpoints = checkpoints;
    }

    /** Runs a phase to its end; gives its handle, to be released. */
    long run(String name, PhaseConfig phase, PhaseData data, long seed, Beside beside) {
        // What was read and asked before is garbage that fills a new heap, which the system counts to this phase.
        System.gc();
        StoppingRule rule = new StoppingRule(bridge, phase.stop());
        long handle = bridge.phases().begin(model, settings(config, phase, steps(phase, data), seed, beside));
        PhasePosition from = checkpoints.enter(name, handle).orElse(PhasePosition.start(name));
        Ranks ranks = bridge.ranks();
        BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
        TrainingLoop loop = new TrainingLoop(bridge, log, cancelled, name, phase, steps(phase, data), handle,
                isMeasuredApart(config, beside), rule, checkpoints, from);
        plan.skip(loop.takenBatches());
        long waited = 0;
        DeviceOutOfMemoryException failed = null;
        try (rule; BatchRing ring = new BatchRing(plan.shares(ranks.rank(), ranks.size()),
                phase.gradientAccumulation() + SPARE_SLOTS, FILLING_THREADS,
                plan::allocateSlot)) {
            try {
                loop.run(ring);
            } finally {
                waited = ring.waitedNanos();
            }
        } catch (DeviceOutOfMemoryException full) {
            failed = full;
        } finally {
            Map<String, Object> end = bridge.phases().end(handle);
            measuredSeconds = loop.measuredSeconds();
            record.phase(loop.summary(waited, ((Number) end.get("peakMemoryBytes")).longValue()));
        }
        if (failed != null) {
            bridge.release(handle);
            throw explained(failed, name, phase, data, loop.rowsAtOnce(), seed, beside);
        }
        return handle;
    }

    /** Of the latest phase, for batches on which importance alone was measured. */
    double measuredSeconds() {
        return measuredSeconds;
    }

    /** After the phase has ended, so that what it held is free. */
    private DeviceOutOfMemoryException explained(DeviceOutOfMemoryException full, String name, PhaseConfig phase,
            PhaseData data, int rowsAtOnce, long seed, Beside beside) {
        int longest = phase.packing() && phase.maxLength() != null ? phase.maxLength() : data.statistics().longestRow();
        Beside estimated = new Beside(beside.method(), beside.options(), 0, beside.importance());
        return MemoryAdvice.of(full, name, phase, rowsAtOnce, longest,
                settings(config, phase, steps(phase, data), seed, estimated), config, bridge);
    }

    /** Optimizer steps of a phase. */
    static long steps(PhaseConfig phase, PhaseData data) {
        if (phase.steps() != null) {
            return phase.steps();
        }
        double epochs = phase.epochs() == null ? 1 : phase.epochs();
        long batches = data.plan(phase.batchSize(), phase.packing()).batchesPerEpoch();
        return Math.max(1, (long) Math.ceil(epochs * batches / phase.gradientAccumulation()));
    }

    private static boolean isMeasuredApart(ExperimentConfig config, Beside beside) {
        return beside.importance() != null && config.importance().gradient() == ImportanceConfig.Gradient.INDEPENDENT;
    }

    /** What Python is told of a phase. */
    static Map<String, Object> settings(ExperimentConfig config, PhaseConfig phase, long steps, long seed, Beside beside) {
        RetentionConfig retention = config.retention();
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("steps", steps);
        settings.put("learningRate", phase.learningRate());
        settings.put("schedule", Words.of(phase.schedule()));
        settings.put("warmupSteps", phase.warmupSteps());
        settings.put("weightDecay", phase.weightDecay());
        settings.put("clipNorm", phase.clipNorm());
        settings.put("dtype", Words.of(config.model().dtype()));
        settings.put("seed", seed);
        settings.put("importance", beside.importance());
        settings.put("independentGradient", isMeasuredApart(config, beside));
        settings.put("method", beside.method());
        settings.put("options", beside.options());
        settings.put("lambda", retention.lambda());
        settings.put("form", retention.form() == null ? null : Words.of(retention.form()));
        settings.put("anchor", beside.anchor());
        settings.put("space", Words.of(retention.space()));
        settings.put("layerCoefficients", Words.of(retention.layerCoefficients()));
        settings.put("layers", Words.of(retention.layers()));
        settings.put("normalize", Words.of(retention.normalize()));
        settings.put("permute", config.importance().permute());
        return settings;
    }
}
