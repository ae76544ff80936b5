package io.ballast.train;

import io.ballast.StoppedException;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.BatchRing;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Training on general text, which ends with the anchor: of the importance that the experiment's method wants measured. */
final class GeneralPhase {
    private static final String NAME = "general";
    /** Measured for a method that needs no importance too, so that its anchor serves others. */
    private static final String PATH_INTEGRAL = "path_integral";
    /** Measured while the phase trains; the others are measured after it. */
    private static final Set<String> ALONG_THE_WAY = Set.of(PATH_INTEGRAL, "riemannian_walk");

    private final Bridge bridge;
    private final RunFolder folder;
    private final EventLog log;
    private final BooleanSupplier cancelled;
    private final RunRecord record;
    private final ExperimentConfig config;
    private final RetentionConfig retention;
    private final long model;
    private final String modelHash;
    private final PhaseData data;
    private final Tokenizer tokenizer;

    GeneralPhase(Bridge bridge, RunFolder folder, EventLog log, BooleanSupplier cancelled, RunRecord record,
            ExperimentConfig config, long model, String modelHash, PhaseData data, Tokenizer tokenizer) {
        this.bridge = bridge;
        this.folder = folder;
        this.log = log;
        this.cancelled = cancelled;
        this.record = record;
        this.config = config;
        this.retention = config.retention();
        this.model = model;
        this.modelHash = modelHash;
        this.data = data;
        this.tokenizer = tokenizer;
    }

    /** Runs it, or takes what an equal one left; gives the anchor's handle. */
    long run(PhaseTraining training) {
        Object wanted = bridge.describeMethod(retention.method(), retention.options()).get("importance");
        String measured = wanted == null ? PATH_INTEGRAL : wanted.toString();
        AnchorCache cache = AnchorCache.of(config, modelHash, data.hash(), measured);
        return cache.holds() ? take(cache) : run(training, measured, cache);
    }

    private long run(PhaseTraining training, String measured, AnchorCache cache) {
        LossProbe probe = new LossProbe(bridge, model, data, config.general());
        double before = probe.nats();
        boolean alongTheWay = ALONG_THE_WAY.contains(measured);
        boolean moves = alongTheWay || retention.reference() == RetentionConfig.Reference.END;
        long phase = !moves ? 0 : training.run(NAME, config.general(), data, config.seed(),
                new PhaseTraining.Beside("none", Map.of(), 0, alongTheWay ? measured : null));
        long started = System.nanoTime();
        long anchor = stored(alongTheWay ? finished(phase) : measured(measured, !moves));
        double secondsAdded = (System.nanoTime() - started) / 1e9;
        if (moves) {
            bridge.release(phase);
        }
        double gained = before - (moves ? probe.nats() : before);
        record.importance(bridge.anchorInfo(anchor), secondsAdded, gained);
        bridge.saveAnchor(anchor, folder.anchor(), Map.of("baseModel", modelHash, "data", data.hash(),
                AnchorTokenizer.KEY, tokenizer.fingerprint(), "experiment", config.name()));
        record.artifact("anchor", folder.anchor());
        cache.keep(folder.anchor(), new AnchorCache.Cost(secondsAdded, gained, record.phases()));
        return anchor;
    }

    /** Starts from the anchor of an equal general phase, as if that had just ended; its cost is told again. */
    private long take(AnchorCache cache) {
        AnchorCache.Cost cost = cache.cost();
        log.add("cached", NAME, 0, Map.of("anchor", cache.anchor().toString()));
        long anchor = open(bridge, cache.anchor(), config, model, modelHash);
        record.importance(bridge.anchorInfo(anchor), cost.secondsAdded(), cost.lossGained());
        cost.phases().forEach(record::phase);
        cache.copyTo(folder.anchor());
        record.artifact("anchor", folder.anchor());
        return anchor;
    }

    /** Opens an anchor, with its layers weighed as the experiment says, and puts the model at its reference. */
    static long open(Bridge bridge, Path anchor, ExperimentConfig config, long model, String modelHash) {
        RetentionConfig retention = config.retention();
        return bridge.openAnchor(anchor, model, modelHash, Words.of(retention.space()),
                Words.of(retention.layerCoefficients()), Words.of(retention.layers()), Words.of(retention.normalize()));
    }

    /** The domain phase is held by what the anchor's file gives back, so that a result shows what storage costs. */
    private long stored(long anchor) {
        long stored = bridge.storeAnchor(anchor, Words.of(config.importance().storage()), config.importance().share());
        bridge.release(anchor);
        return stored;
    }

    private long finished(long phase) {
        return bridge.finishImportance(phase, retention.xi().value(), retention.xi().relative(),
                Words.of(retention.reference()), Words.of(retention.layerCoefficients()), Words.of(retention.layers()),
                Words.of(retention.normalize()));
    }

    /** On as many rows as the phase takes, the same ones, unless the experiment says how many. */
    private long measured(String kind, boolean referenceIsBase) {
        PhaseConfig phase = config.general();
        long samples = config.importance().samples() != null ? config.importance().samples()
                : PhaseTraining.steps(phase, data) * phase.gradientAccumulation() * phase.batchSize();
        BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
        long measurement = bridge.beginMeasurement(model, kind, Words.of(config.importance().labels()), config.seed());
        try (BatchRing ring = new BatchRing(plan, 1 + PhaseTraining.SPARE_SLOTS, PhaseTraining.FILLING_THREADS,
                plan::allocateSlot)) {
            for (long seen = 0; seen < samples;) {
                if (cancelled.getAsBoolean()) {
                    throw new StoppedException("Stopped while importance was measured, after " + seen + " of "
                            + samples + " rows.");
                }
                BatchRing.Slot slot = ring.take();
                Batch batch = slot.batch();
                bridge.addSamples(measurement, slot.buffer(), batch.rows(), batch.length(), batch.packed());
                seen += batch.rows();
                ring.release(slot);
            }
            return bridge.finishMeasurement(measurement, referenceIsBase, Words.of(retention.layerCoefficients()),
                    Words.of(retention.layers()), Words.of(retention.normalize()));
        } finally {
            bridge.release(measurement);
        }
    }
}
