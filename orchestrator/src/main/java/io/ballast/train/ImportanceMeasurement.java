package io.ballast.train;

import io.ballast.StoppedException;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.BatchRing;
import io.ballast.data.PhaseData;
import io.ballast.python.Bridge;

import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/** How a run measures the importance that its method wants: while a phase trains, or after it on the phase's rows. */
final class ImportanceMeasurement {
    /** Measured while a phase trains; the others are measured after it. */
    private static final String PATH_INTEGRAL = "path_integral";
    private static final Set<String> ALONG_THE_WAY = Set.of(PATH_INTEGRAL, "riemannian_walk");

    private final Bridge bridge;
    private final BooleanSupplier cancelled;
    private final ExperimentConfig config;
    private final RetentionConfig retention;
    private final long model;
    private final String kind;

    /** @param kind what is measured, a name of {@code ballast.importance} */
    ImportanceMeasurement(Bridge bridge, BooleanSupplier cancelled, ExperimentConfig config, long model, String kind) {
        this.bridge = bridge;
        this.cancelled = cancelled;
        this.config = config;
        this.retention = config.retention();
        this.model = model;
        this.kind = kind;
    }

    /** What the run's method wants measured, or null. */
    static String wanted(Bridge bridge, RetentionConfig retention) {
        Object wanted = bridge.methods().describe(retention.method(), retention.options()).get("importance");
        return wanted == null ? null : wanted.toString();
    }

    /** What a general phase ends with: where the method wants nothing, a path integral costs next to nothing. */
    static String ofGeneralPhase(Bridge bridge, RetentionConfig retention) {
        String wanted = wanted(bridge, retention);
        return wanted == null ? PATH_INTEGRAL : wanted;
    }

    /** Whether a phase has to be trained for it. */
    static boolean isAlongTheWay(String kind) {
        return ALONG_THE_WAY.contains(kind);
    }

    /** Whether the phase has to be trained for it. */
    boolean isAlongTheWay() {
        return isAlongTheWay(kind);
    }

    /** What a phase is told to measure. */
    String ofThePhase() {
        return isAlongTheWay() ? kind : null;
    }

    /**
     * The anchor of a phase that has ended.
     *
     * @param trained   handle of the phase, or 0 where nothing was trained
     * @param settings  of the phase
     * @param data      of the phase
     * @param reference where θ* stands
     * @return the anchor's handle
     */
    long anchor(long trained, PhaseConfig settings, PhaseData data, RetentionConfig.Reference reference) {
        return stored(isAlongTheWay() ? finished(trained, reference) : measured(settings, data, trained == 0));
    }

    /** A domain phase is held by what the anchor's file gives back, so that a result shows what storage costs. */
    long stored(long anchor) {
        long stored = bridge.anchors().store(anchor, Words.of(config.importance().storage()),
                config.importance().share());
        bridge.release(anchor);
        return stored;
    }

    private long finished(long phase, RetentionConfig.Reference reference) {
        return bridge.phases().finishImportance(phase, retention.xi().value(), retention.xi().relative(),
                Words.of(reference), Words.of(retention.layerCoefficients()), Words.of(retention.layers()),
                Words.of(retention.normalize()));
    }

    /** All documents of the phase's steps, unless the experiment says how many. */
    static long samples(ImportanceConfig importance, PhaseConfig phase, PhaseData data) {
        return importance.samples() != null ? importance.samples()
                : documents(phase, data, PhaseTraining.steps(phase, data) * phase.gradientAccumulation());
    }

    /** In the first batches of a phase. */
    static long documents(PhaseConfig phase, PhaseData data, long batches) {
        BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
        return LongStream.range(0, batches).map(batch -> plan.next().documents()).sum();
    }

    /** On the documents that the phase takes, in its batches. */
    private long measured(PhaseConfig phase, PhaseData data, boolean referenceIsBase) {
        long samples = samples(config.importance(), phase, data);
        BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
        long measurement = bridge.anchors().beginMeasurement(model, kind, Words.of(config.importance().labels()),
                config.seed());
        try (BatchRing ring = new BatchRing(plan, 1 + PhaseTraining.SPARE_SLOTS, PhaseTraining.FILLING_THREADS,
                plan::allocateSlot)) {
            for (long seen = 0; seen < samples;) {
                if (cancelled.getAsBoolean()) {
                    throw new StoppedException("Stopped while importance was measured, after " + seen + " of "
                            + samples + " documents.");
                }
                BatchRing.Slot slot = ring.take();
                Batch batch = slot.batch().first(samples - seen);
                if (batch != slot.batch()) {
                    batch.fill(slot.buffer());
                }
                bridge.anchors().addSamples(measurement, slot.buffer(), batch.rows(), batch.length(), batch.packed());
                seen += batch.documents();
                ring.release(slot);
            }
            return bridge.anchors().finishMeasurement(measurement, referenceIsBase,
                    Words.of(retention.layerCoefficients()), Words.of(retention.layers()),
                    Words.of(retention.normalize()));
        } finally {
            bridge.release(measurement);
        }
    }
}
