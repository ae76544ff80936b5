package io.ballast.train;

import io.ballast.config.AdapterConfig.Carry;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.PhaseData;
import io.ballast.python.Bridge;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Training on one domain after another, each held by what is remembered of all before it. */
final class DomainPhases {
    private final Bridge bridge;
    private final RunFolder folder;
    private final EventLog log;
    private final RunRecord record;
    private final ExperimentConfig config;
    private final RetentionConfig retention;
    private final long model;
    private final Map<String, Object> provenance;
    private final RunCheckpoints checkpoints;
    private final String wanted;
    private final ImportanceMeasurement importance;

    /** @param provenance of anchors, beside their data */
    DomainPhases(Bridge bridge, RunFolder folder, EventLog log, BooleanSupplier cancelled, RunRecord record,
            ExperimentConfig config, long model, Map<String, Object> provenance, RunCheckpoints checkpoints) {
        this.bridge = bridge;
        this.folder = folder;
        this.log = log;
        this.record = record;
        this.config = config;
        this.retention = config.retention();
        this.model = model;
        this.provenance = provenance;
        this.checkpoints = checkpoints;
        this.wanted = ImportanceMeasurement.wanted(bridge, retention);
        this.importance = new ImportanceMeasurement(bridge, cancelled, config, model, wanted);
    }

    /**
     * Trains on one domain and, where another one follows, prepares what that is held by.
     *
     * @param index    of the domain
     * @param data     of the domain
     * @param anchor   handle of what it is held by, or 0
     * @param training of the run
     * @return the handle of what the next domain is held by; the given one where none follows, or there is none
     */
    long run(int index, PhaseData data, long anchor, PhaseTraining training) {
        PhaseConfig domain = config.domain().get(index);
        boolean carries = isFollowed(config, index);
        boolean measures = carries && wanted != null;
        long phase = training.run(domain.domainName(), domain, data, config.seed() + 1 + index,
                new PhaseTraining.Beside(retention.method(), retention.options(), anchor,
                        measures ? importance.ofThePhase() : null));
        try {
            long started = System.nanoTime();
            long measured = measures ? importance.anchor(phase, domain, data, RetentionConfig.Reference.END) : 0;
            return carries ? carryOn(phase, index, data, anchor, measured, started) : anchor;
        } finally {
            bridge.release(phase);
        }
    }

    /** Whether another domain comes after one, for which it is to be remembered. */
    static boolean isFollowed(ExperimentConfig config, int index) {
        return index + 1 < config.domain().size();
    }

    /**
     * Prepares what the domain after one is held by.
     *
     * @param phase    handle of the one's phase, which has ended
     * @param previous handle of what it was held by, or 0; it is released
     * @param measured handle of what was measured of it, or 0; it is released
     * @param started  in nanoseconds, when measuring began
     * @return a handle, or 0 where nothing was held by anything
     */
    long carryOn(long phase, int index, PhaseData data, long previous, long measured, long started) {
        PhaseConfig domain = config.domain().get(index);
        try {
            if (config.adapter() != null) {
                bridge.models().carryAdapterOn(model, Words.of(config.adapter().carry()), config.seed() + 1 + index);
            }
            if (previous == 0) {
                return 0;
            }
            long anchor = importance.stored(bridge.anchors().carryOn(model, phase, previous, measured,
                    Words.of(config.importance().carry()), config.importance().decay()));
            bridge.release(previous);
            log.add("carried", domain.domainName(), 0, Map.of("seconds", (System.nanoTime() - started) / 1e9,
                    "alphaEntropy", bridge.anchors().info(anchor).get("alphaEntropy")));
            save(anchor, domain.domainName(), data);
            return anchor;
        } finally {
            if (measured != 0) {
                bridge.release(measured);
            }
        }
    }

    private void save(long anchor, String domain, PhaseData data) {
        if (!areAnchorsKept(config) && !checkpoints.isWriting()) {
            return;
        }
        GeneralPhase.save(bridge, anchor, carried(domain), provenance, data);
        checkpoints.needsAnchor(carried(domain));
        if (areAnchorsKept(config)) {
            record.artifact("anchor." + domain, carried(domain));
        }
    }

    /**
     * Opens what the last of the domains that a resumed run has passed left for those after it.
     *
     * @return a handle; empty where none left anything
     */
    Optional<Long> carriedOn(String modelHash) {
        List<String> passed = config.domain().stream().map(PhaseConfig::domainName)
                .filter(domain -> checkpoints.hasPassed(RunCheckpoints.part(domain))).toList();
        Optional<Path> last = passed.stream().map(this::carried).filter(Files::isDirectory)
                .reduce((former, later) -> later);
        last.ifPresent(checkpoints::needsAnchor);
        return last.map(anchor -> GeneralPhase.open(bridge, anchor, config, model, modelHash));
    }

    private Path carried(String domain) {
        return areAnchorsKept(config) ? folder.anchor(domain) : checkpoints.anchor(domain);
    }

    /**
     * Whether another run can be given what is carried on: one that is starts from the end of the domain, where a file has
     * the base and θ* is that end.
     */
    static boolean areAnchorsKept(ExperimentConfig config) {
        return (config.adapter() == null || config.adapter().carry() == Carry.CONTINUE)
                && config.importance().carry() != ImportanceConfig.Carry.SEPARATE;
    }
}
