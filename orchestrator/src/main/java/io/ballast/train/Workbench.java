package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.config.AfterTrainingConfig;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.Words;
import io.ballast.data.PhaseData;
import io.ballast.data.RowReader;
import io.ballast.data.Tokenizer;
import io.ballast.model.ModelFolder;
import io.ballast.python.Answers;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** What a run has in hand: the model in Python, the tokenizer, the data, the anchor; and what it does with them. */
final class Workbench implements AutoCloseable {
    private final Bridge bridge;
    private final RunFolder folder;
    private final EventLog log;
    private final BooleanSupplier cancelled;
    private final RunRecord record;

    private ExperimentConfig config;
    private ModelFolder modelFolder;
    private String modelHash;
    /** Opened on another thread; closed even where the model could not be opened. */
    private CompletableFuture<Tokenizer> tokenizerToCome;
    private Tokenizer tokenizer;
    private long model;
    private PhaseData general;
    private final List<PhaseData> domains = new ArrayList<>();
    private StageEvaluation evaluation;
    private long anchor;
    private PhaseTraining training;
    private DomainPhases domainPhases;

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
        // On a core of its own while Python, on its one thread, opens the model.
        CompletableFuture<String> hash = CompletableFuture.supplyAsync(modelFolder::weightsHash);
        tokenizerToCome = CompletableFuture.supplyAsync(() -> Tokenizer.open(modelFolder.path()));
        CompletableFuture.runAsync(RowReader::load);
        model = PreparedModel.open(bridge, modelFolder.path(), config);
        tokenizer = Answers.join(tokenizerToCome);
        modelHash = Answers.join(hash);
        Map<String, Object> info = bridge.modelInfo(model);
        checkVocabulary(((Number) info.get("vocabularySize")).intValue());
        int window = ((Number) info.get("maxLength")).intValue();
        config = new WrittenText(bridge, model, modelHash, tokenizer, log, cancelled).in(config);
        PhaseRows rows = new PhaseRows(bridge, config, tokenizer, window,
                (phase, warning) -> log.add("warning", phase, 0, Map.of("message", warning)));
        general = rows.general();
        config.domain().forEach(domain -> domains.add(rows.domain(domain)));
        if (config.adapter() != null) {
            PreparedModel.addAdapter(bridge, model, config, general);
            info = bridge.modelInfo(model);
        }
        training = new PhaseTraining(bridge, log, cancelled, record, config, model);
        domainPhases = new DomainPhases(bridge, folder, log, cancelled, record, config, model, provenance());
        evaluation = new StageEvaluation(config, tokenizer, bridge, model, modelHash,
                config.evaluation().maxLength(window), log, folder, record);
        record.forecast(KeptForecasts.of(experiment).orElse(null));
        record.environment(Provenance.of(bridge, info, config, modelHash, general, domains));
    }

    private void checkVocabulary(int embeddings) {
        if (tokenizer.vocabularySize() > embeddings) {
            throw new InvalidInputException("Expected a tokenizer whose ids fit the model's " + embeddings
                    + " embeddings; found ids up to " + (tokenizer.vocabularySize() - 1) + " in " + modelFolder.path()
                    + ". The tokenizer belongs to another model; copy the right tokenizer.json there.");
        }
    }

    /** Of anchors, beside their data. */
    private Map<String, Object> provenance() {
        return Map.of("baseModel", modelHash, AnchorTokenizer.KEY, tokenizer.fingerprint(), "experiment", config.name());
    }

    /** Scores the model if the experiment asks for this stage. */
    void evaluate(Stage stage) {
        evaluate(stage, Words.of(stage));
    }

    /** The same for a stage that has a name of its own. */
    void evaluate(Stage stage, String name) {
        evaluation.run(stage, name, cancelled);
    }

    /** Trains on general text and makes the anchor. */
    void generalPhase() {
        anchor = new GeneralPhase(bridge, folder, log, cancelled, record, config, model, modelHash, general,
                provenance()).run(training);
    }

    /** Opens an anchor made earlier and starts from its reference, as if the general phase had just ended. */
    void openAnchor() {
        AnchorTokenizer.check(Path.of(config.retention().anchor()), tokenizer);
        anchor = GeneralPhase.open(bridge, Path.of(config.retention().anchor()), config, model, modelHash);
        record.importance(bridge.anchors().info(anchor), 0, Double.NaN);
    }

    /** Trains on a domain under the retention penalty. */
    void domainPhase(int index) {
        anchor = domainPhases.run(index, domains.get(index), anchor, training);
    }

    /** Moves the trained model part of its way back. */
    void soften() {
        AfterTrainingConfig way = config.afterTraining();
        if (!config.evaluation().stages().contains(Stage.SOFTENED)) {
            log.add("warning", "", 0, Map.of("message", "the model is moved after its last evaluation: add \"softened\""
                    + " to evaluation.stages to see what afterTraining does"));
        }
        log.add("softening", "", 0, Map.of("method", Words.of(way.method()), "strength", way.strength()));
        Softening.apply(bridge, model, modelFolder.path(), config, anchor);
    }

    /** Puts before and after side by side. */
    void compare() {
        evaluation.compare();
    }

    /** Saves the model as far as it came, and frees what is held. */
    @Override
    public void close() {
        try {
            if (training != null && training.hasBegun()) {
                bridge.saveModel(model, folder.model());
                record.artifact("model", folder.model());
            }
        } finally {
            if (evaluation != null) {
                evaluation.close();
            }
            for (long handle : List.of(anchor, model)) {
                if (handle != 0) {
                    bridge.release(handle);
                }
            }
            if (tokenizerToCome != null) {
                tokenizerToCome.thenAccept(Tokenizer::close);
            }
            domains.forEach(PhaseData::close);
            if (general != null) {
                general.close();
            }
        }
    }
}
