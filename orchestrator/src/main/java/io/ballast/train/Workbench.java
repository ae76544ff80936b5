package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.StoppedException;
import io.ballast.config.AfterTrainingConfig;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.BatchRing;
import io.ballast.data.DataStatistics;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.model.ModelFolder;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** What a run has in hand: the model in Python, the tokenizer, the data, the anchor; and what it does with them. */
final class Workbench implements AutoCloseable {
    /** Measured for a method that needs no importance too, so that its anchor serves others. */
    private static final String PATH_INTEGRAL = "path_integral";
    /** Measured while the general phase trains; the others are measured after it. */
    private static final Set<String> ALONG_THE_WAY = Set.of(PATH_INTEGRAL, "riemannian_walk");
    private static final int DEFAULT_MAX_LENGTH = 1024;
    /** Slots beyond those that one optimizer step takes: one is being filled while another waits. */
    private static final int SPARE_SLOTS = 2;
    private static final int FILLING_THREADS = 1;

    private final Bridge bridge;
    private final RunFolder folder;
    private final EventLog log;
    private final BooleanSupplier cancelled;
    private final RunRecord record;

    private ExperimentConfig config;
    private ModelFolder modelFolder;
    private String modelHash;
    private Tokenizer tokenizer;
    private long model;
    private int modelMaxLength;
    private PhaseData general;
    private PhaseData domain;
    private StageEvaluation evaluation;
    private long anchor;
    private boolean trained;

    Workbench(Bridge bridge, RunFolder folder, EventLog log, BooleanSupplier cancelled, RunRecord record) {
        this.bridge = bridge;
        this.folder = folder;
        this.log = log;
        this.cancelled = cancelled;
        this.record = record;
    }

    /** Opens the model and reads all data, so that what is wrong with them shows before anything is trained. */
    void open(ExperimentConfig experiment) {
        config = experiment;
        modelFolder = ModelFolder.open(Path.of(config.model().path()));
        modelHash = modelFolder.weightsHash();
        tokenizer = Tokenizer.open(modelFolder.path());
        model = PreparedModel.open(bridge, modelFolder.path(), config);
        Map<String, Object> info = bridge.modelInfo(model);
        checkVocabulary(((Number) info.get("vocabularySize")).intValue());
        modelMaxLength = info.get("maxLength") instanceof Number length ? length.intValue() : Integer.MAX_VALUE;
        config = new WrittenText(bridge, model, modelHash, tokenizer, log, cancelled).in(config);
        general = prepare("general", config.general());
        domain = prepare("domain", config.domain());
        if (domain != null && config.domain().replay() > 0) {
            domain = domain.withReplay(read("replay", replayData(), maxLength(config.domain())), config.domain().replay());
        }
        if (config.adapter() != null) {
            PreparedModel.addAdapter(bridge, model, config, general);
            info = bridge.modelInfo(model);
        }
        evaluation = new StageEvaluation(config, tokenizer, new BridgeScorer(bridge, model),
                Math.min(modelMaxLength, DEFAULT_MAX_LENGTH), log, folder, record);
        record.environment(Provenance.of(bridge, info, config, modelHash, general, domain));
    }

    private void checkVocabulary(int embeddings) {
        if (tokenizer.vocabularySize() > embeddings) {
            throw new InvalidInputException("Expected a tokenizer whose ids fit the model's " + embeddings
                    + " embeddings; found ids up to " + (tokenizer.vocabularySize() - 1) + " in " + modelFolder.path()
                    + ". The tokenizer belongs to another model; copy the right tokenizer.json there.");
        }
    }

    private PhaseData prepare(String name, PhaseConfig phase) {
        if (phase == null) {
            return null;
        }
        return read(name, phase.data(), maxLength(phase));
    }

    private List<DataConfig> replayData() {
        return config.domain().replayData() != null ? config.domain().replayData() : config.general().data();
    }

    private PhaseData read(String name, List<DataConfig> entries, int maxLength) {
        PhaseData data = PhaseData.prepare(entries, tokenizer, maxLength, TokenCache.folder(),
                (messages, addGenerationPrompt) -> bridge.renderChat(modelFolder.path(), messages, addGenerationPrompt),
                config.seed());
        DataStatistics counts = data.statistics();
        if (counts.truncatedRows() > 0) {
            log.add("warning", name, 0, Map.of("message", counts.truncatedRows() + " of " + counts.rows()
                    + " rows of the " + name + " data are longer than " + maxLength + " tokens; "
                    + counts.droppedTokens() + " tokens were cut"));
        }
        return data;
    }

    private int maxLength(PhaseConfig phase) {
        return phase.maxLength() != null ? phase.maxLength() : Math.min(modelMaxLength, DEFAULT_MAX_LENGTH);
    }

    /** Scores the model if the experiment asks for this stage. */
    void evaluate(Stage stage) {
        evaluation.run(stage, cancelled);
    }

    /** Trains on general text and makes the anchor, of the importance that the method wants measured. */
    void generalPhase() {
        Object wanted = bridge.describeMethod(config.retention().method(), config.retention().options())
                .get("importance");
        String measured = wanted == null ? PATH_INTEGRAL : wanted.toString();
        AnchorCache cache = AnchorCache.of(config, modelHash, general.hash(), measured);
        if (cache.holds()) {
            takeFrom(cache);
            return;
        }
        LossProbe probe = new LossProbe(bridge, model, general, config.general());
        double before = probe.nats();
        boolean alongTheWay = ALONG_THE_WAY.contains(measured);
        boolean moves = alongTheWay || config.retention().reference() == RetentionConfig.Reference.END;
        long phase = 0;
        if (moves) {
            phase = bridge.beginPhase(model, settings(config.general(), general, config.seed(), "none", Map.of(),
                    alongTheWay ? measured : null));
            train("general", config.general(), general, phase);
        }
        long started = System.nanoTime();
        anchor = stored(alongTheWay ? finishImportance(phase) : measure(measured, !moves));
        double secondsAdded = (System.nanoTime() - started) / 1e9;
        if (moves) {
            bridge.release(phase);
        }
        double gained = before - probe.nats();
        record.importance(bridge.anchorInfo(anchor), secondsAdded, gained);
        bridge.saveAnchor(anchor, folder.anchor(), Map.of("baseModel", modelHash, "data", general.hash(),
                "experiment", config.name()));
        record.artifact("anchor", folder.anchor());
        cache.keep(folder.anchor(), new AnchorCache.Cost(secondsAdded, gained, record.phases()));
    }

    /** Starts from the anchor of an equal general phase, as if that had just ended; its cost is told again. */
    private void takeFrom(AnchorCache cache) {
        AnchorCache.Cost cost = cache.cost();
        log.add("cached", "general", 0, Map.of("anchor", cache.anchor().toString()));
        open(cache.anchor(), cost.secondsAdded(), cost.lossGained());
        cost.phases().forEach(record::phase);
        cache.copyTo(folder.anchor());
        record.artifact("anchor", folder.anchor());
    }

    private void open(Path anchorFolder, double secondsAdded, double lossGained) {
        RetentionConfig retention = config.retention();
        anchor = bridge.openAnchor(anchorFolder, model, modelHash, Words.of(retention.space()),
                Words.of(retention.layerCoefficients()), Words.of(retention.layers()), Words.of(retention.normalize()));
        record.importance(bridge.anchorInfo(anchor), secondsAdded, lossGained);
    }

    /** The domain phase is held by what the anchor's file gives back, so that a result shows what storage costs. */
    private long stored(long measured) {
        long stored = bridge.storeAnchor(measured, Words.of(config.importance().storage()),
                config.importance().share());
        bridge.release(measured);
        return stored;
    }

    private long finishImportance(long phase) {
        RetentionConfig retention = config.retention();
        return bridge.finishImportance(phase, retention.xi().value(), retention.xi().relative(),
                Words.of(retention.reference()), Words.of(retention.layerCoefficients()), Words.of(retention.layers()),
                Words.of(retention.normalize()));
    }

    /** On as many rows as the general phase takes, the same ones, unless the experiment says how many. */
    private long measure(String kind, boolean referenceIsBase) {
        RetentionConfig retention = config.retention();
        PhaseConfig phase = config.general();
        long samples = config.importance().samples() != null ? config.importance().samples()
                : steps(phase, general) * phase.gradientAccumulation() * phase.batchSize();
        BatchPlan plan = general.plan(phase.batchSize(), phase.packing());
        long measurement = bridge.beginMeasurement(model, kind, Words.of(config.importance().labels()), config.seed());
        try (BatchRing ring = new BatchRing(plan, 1 + SPARE_SLOTS, FILLING_THREADS, plan::allocateSlot)) {
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
            return bridge.finishMeasurement(measurement, referenceIsBase,
                    Words.of(retention.layerCoefficients()), Words.of(retention.layers()), Words.of(retention.normalize()));
        } finally {
            bridge.release(measurement);
        }
    }

    /** Opens an anchor made earlier and starts from its reference, as if the general phase had just ended. */
    void openAnchor() {
        open(Path.of(config.retention().anchor()), 0, Double.NaN);
    }

    /** Trains on the domain under the retention penalty. */
    void domainPhase() {
        long phase = bridge.beginPhase(model, settings(config.domain(), domain, config.seed() + 1,
                config.retention().method(), config.retention().options(), null));
        train("domain", config.domain(), domain, phase);
        bridge.release(phase);
    }

    /** Moves the trained model part of its way back. */
    void soften() {
        AfterTrainingConfig way = config.afterTraining();
        log.add("softening", "", 0, Map.of("method", Words.of(way.method()), "strength", way.strength()));
        Softening.apply(bridge, model, modelFolder.path(), config, anchor);
    }

    private void train(String name, PhaseConfig phaseConfig, PhaseData data, long phase) {
        trained = true;
        BatchPlan plan = data.plan(phaseConfig.batchSize(), phaseConfig.packing());
        boolean measuresApart = phaseConfig == config.general() && isIndependent();
        TrainingLoop loop = new TrainingLoop(bridge, log, cancelled, name, phaseConfig, steps(phaseConfig, data), phase,
                measuresApart);
        long started = System.nanoTime();
        long waited = 0;
        try (BatchRing ring = new BatchRing(plan, phaseConfig.gradientAccumulation() + SPARE_SLOTS, FILLING_THREADS,
                plan::allocateSlot)) {
            try {
                loop.run(ring);
            } finally {
                waited = ring.waitedNanos();
            }
        } finally {
            Map<String, Object> end = bridge.endPhase(phase);
            record.phase(loop.summary(System.nanoTime() - started, waited,
                    ((Number) end.get("peakMemoryBytes")).longValue()));
        }
    }

    private boolean isIndependent() {
        return config.importance().gradient() == ImportanceConfig.Gradient.INDEPENDENT;
    }

    private static long steps(PhaseConfig phase, PhaseData data) {
        if (phase.steps() != null) {
            return phase.steps();
        }
        double epochs = phase.epochs() == null ? 1 : phase.epochs();
        long batches = data.plan(phase.batchSize(), phase.packing()).batchesPerEpoch();
        return Math.max(1, (long) Math.ceil(epochs * batches / phase.gradientAccumulation()));
    }

    private Map<String, Object> settings(PhaseConfig phase, PhaseData data, long seed, String method,
            Map<String, Object> options, String importance) {
        RetentionConfig retention = config.retention();
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("steps", steps(phase, data));
        settings.put("learningRate", phase.learningRate());
        settings.put("schedule", Words.of(phase.schedule()));
        settings.put("warmupSteps", phase.warmupSteps());
        settings.put("weightDecay", phase.weightDecay());
        settings.put("clipNorm", phase.clipNorm());
        settings.put("dtype", Words.of(config.model().dtype()));
        settings.put("seed", seed);
        settings.put("importance", importance);
        settings.put("independentGradient", importance != null && isIndependent());
        settings.put("method", method);
        settings.put("options", options);
        settings.put("lambda", retention.lambda());
        settings.put("form", Words.of(retention.form()));
        settings.put("anchor", anchor);
        settings.put("space", Words.of(retention.space()));
        settings.put("layerCoefficients", Words.of(retention.layerCoefficients()));
        settings.put("layers", Words.of(retention.layers()));
        settings.put("normalize", Words.of(retention.normalize()));
        settings.put("permute", config.importance().permute());
        return settings;
    }

    /** Puts before and after side by side. */
    void compare() {
        evaluation.compare();
    }

    /** Saves the model as far as it came, and frees what is held. */
    @Override
    public void close() {
        try {
            if (trained) {
                bridge.saveModel(model, folder.model());
                record.artifact("model", folder.model());
            }
        } finally {
            for (long handle : List.of(anchor, model)) {
                if (handle != 0) {
                    bridge.release(handle);
                }
            }
            if (tokenizer != null) {
                tokenizer.close();
            }
            for (PhaseData data : new PhaseData[] {general, domain}) {
                if (data != null) {
                    data.close();
                }
            }
        }
    }
}
