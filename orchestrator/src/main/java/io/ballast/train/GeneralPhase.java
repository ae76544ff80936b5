package io.ballast.train;

import io.ballast.config.ExperimentConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.PhaseData;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Training on general text, which ends with the anchor: of the importance that the experiment's method wants measured. */
final class GeneralPhase {
    static final String NAME = "general";

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
    private final Map<String, Object> provenance;
    private final RunCheckpoints checkpoints;

    /** @param provenance of the anchor, beside its data */
    GeneralPhase(Bridge bridge, RunFolder folder, EventLog log, BooleanSupplier cancelled, RunRecord record,
            ExperimentConfig config, long model, String modelHash, PhaseData data,
            Map<String, Object> provenance, RunCheckpoints checkpoints) {
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
        this.provenance = provenance;
        this.checkpoints = checkpoints;
    }

    /** Runs it, or takes what an equal one left; gives the anchor's handle. */
    long run(PhaseTraining training) {
        String measured = ImportanceMeasurement.ofGeneralPhase(bridge, retention);
        AnchorCache cache = AnchorCache.of(config, modelHash, data.hash(), measured);
        boolean isKept = cache.holds() && !checkpoints.isInside(NAME);
        return !bridge.ranks().ofFirst(isKept ? "kept" : "").isEmpty() ? take(cache)
                : run(training, new ImportanceMeasurement(bridge, cancelled, config, model, measured), cache);
    }

    private long run(PhaseTraining training, ImportanceMeasurement importance, AnchorCache cache) {
        LossProbe probe = new LossProbe(bridge, model, data, config.general());
        boolean moves = isTrained(importance, retention);
        double before = moves ? probe.nats() : 0;
        long phase = !moves ? 0 : training.run(NAME, config.general(), data, config.seed(),
                new PhaseTraining.Beside("none", Map.of(), 0, importance.ofThePhase()));
        long started = System.nanoTime();
        long anchor = importance.anchor(phase, config.general(), data, retention.reference());
        double secondsAdded = (System.nanoTime() - started) / 1e9 + (moves ? training.measuredSeconds() : 0);
        if (moves) {
            bridge.release(phase);
        }
        double gained = moves ? before - probe.nats() : 0;
        record.importance(bridge.anchors().info(anchor), secondsAdded, gained);
        save(bridge, anchor, folder.anchor(), provenance, data);
        record.artifact("anchor", folder.anchor());
        if (bridge.ranks().isFirst()) {
            cache.keep(folder.anchor(), new AnchorCache.Cost(secondsAdded, gained, record.phases()));
        }
        return anchor;
    }

    /** Whether anything is trained: importance that is measured afterwards can be measured on the base itself. */
    static boolean isTrained(ImportanceMeasurement importance, RetentionConfig retention) {
        return importance.isAlongTheWay() || retention.reference() == RetentionConfig.Reference.END;
    }

    /** Starts from the anchor of an equal general phase, as if that had just ended; its cost is told again. */
    private long take(AnchorCache cache) {
        AnchorCache.Cost cost = cache.cost();
        log.add("cached", NAME, 0, Map.of("anchor", cache.anchor().toString()));
        long anchor = open(bridge, cache.anchor(), config, model, modelHash);
        record.importance(bridge.anchors().info(anchor), cost.secondsAdded(), cost.lossGained());
        cost.phases().forEach(record::phase);
        if (bridge.ranks().isFirst()) {
            cache.copyTo(folder.anchor());
        }
        record.artifact("anchor", folder.anchor());
        return anchor;
    }

    /** Writes an anchor that was measured on some data. */
    static void save(Bridge bridge, long anchor, Path folder, Map<String, Object> provenance, PhaseData data) {
        Map<String, Object> made = new LinkedHashMap<>(provenance);
        made.put("data", data.hash());
        bridge.anchors().save(anchor, folder, made);
    }

    /** Opens an anchor, with its layers weighed as the experiment says, and puts the model at its reference. */
    static long open(Bridge bridge, Path anchor, ExperimentConfig config, long model, String modelHash) {
        RetentionConfig retention = config.retention();
        return bridge.anchors().open(anchor, model, modelHash, Words.of(retention.space()),
                Words.of(retention.layerCoefficients()), Words.of(retention.layers()), Words.of(retention.normalize()));
    }
}
