package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.config.AfterTrainingConfig;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** What a run has in hand: the model in Python, the tokenizer, the data, the anchor; and what it does with them. */
final class Workbench implements AutoCloseable {
    private static final String GIVEN_ANCHOR = "given anchor";

    private final Bridge bridge;
    private final RunFolder folder;
    private final EventLog log;
    private final BooleanSupplier cancelled;
    private final RunRecord record;
    private final RunCheckpoints checkpoints;

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
    private boolean endsTogether = true;

    Workbench(Bridge bridge, RunFolder folder, EventLog log, BooleanSupplier cancelled, RunRecord record,
            RunCheckpoints checkpoints) {
        this.bridge = bridge;
        this.folder = folder;
        this.log = log;
        this.cancelled = cancelled;
        this.record = record;
        this.checkpoints = checkpoints;
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
        if (!PreparedModel.startsFromText(config)) {
            PreparedModel.addAdapter(bridge, model, config, null);
        }
        if (config.model().compile()) {
            bridge.models().compileBlocks(model);
        }
        bridge.models().shard(model, config.model().offload());
        tokenizer = Answers.join(tokenizerToCome);
        modelHash = Answers.join(hash);
        Map<String, Object> info = bridge.models().info(model);
        checkVocabulary(((Number) info.get("vocabularySize")).intValue());
        int window = ((Number) info.get("maxLength")).intValue();
        config = new WrittenText(bridge, model, modelHash, tokenizer, log, cancelled).in(config);
        PhaseRows rows = new PhaseRows(bridge, config, tokenizer, window,
                (phase, warning) -> log.add("warning", phase, 0, Map.of("message", warning)));
        general = bridge.ranks().firstAlone(rows::general);
        config.domain().forEach(domain -> domains.add(bridge.ranks().firstAlone(() -> rows.domain(domain))));
        if (PreparedModel.startsFromText(config)) {
            PreparedModel.addAdapter(bridge, model, config, general);
            info = bridge.models().info(model);
        }
        training = new PhaseTraining(bridge, log, cancelled, record, config, model, checkpoints);
        domainPhases = new DomainPhases(bridge, folder, log, cancelled, record, config, model, provenance(),
                checkpoints);
        evaluation = new StageEvaluation(config, tokenizer, bridge, model, modelHash,
                config.evaluation().maxLength(window), log, folder, record, checkpoints);
        record.forecast(KeptForecasts.of(experiment).orElse(null));
        record.environment(Provenance.of(bridge, model, info, config, modelHash, general, domains));
        checkpoints.open(model);
        identify();
    }

    /** What must be the same when the run is resumed. */
    private void identify() {
        checkpoints.identify("base model", modelHash);
        checkpoints.identify("tokenizer", tokenizer.fingerprint());
        if (general != null) {
            checkpoints.identify("data of the general phase", general.hash());
        }
        for (int i = 0; i < domains.size(); i++) {
            checkpoints.identify("data of the domain phase " + config.domain().get(i).domainName(),
                    domains.get(i).hash());
        }
        evaluation.identify();
    }

    /** Puts everything where the checkpoint has it, if the run goes on from one. */
    void resume() {
        if (!checkpoints.isResumed()) {
            return;
        }
        boolean hasMeasured = checkpoints.hasPassed(RunCheckpoints.part(GeneralPhase.NAME));
        if (hasMeasured) {
            checkpoints.needsAnchor(folder.anchor());
        }
        Optional<Long> carried = domainPhases.carriedOn(modelHash);
        if (carried.isPresent()) {
            anchor = carried.get();
        } else if (hasMeasured) {
            anchor = GeneralPhase.open(bridge, folder.anchor(), config, model, modelHash);
        } else if (checkpoints.hasPassed(GIVEN_ANCHOR)) {
            openGivenAnchor();
        }
        evaluation.readBack(Stream.concat(Stream.of(Stage.BASE, Stage.ANCHORED).map(Words::of),
                config.domain().stream().map(PhaseConfig::domainName)).toList());
        checkpoints.restore();
        int before = record.ranks().orElse(1);
        int now = bridge.ranks().size();
        if (before != now) {
            log.add("warning", "", 0, Map.of("message", "the run was begun on " + before + " rank(s) and goes on with " + now
                    + ": sums over ranks are rounded in another order, and dropout draws other numbers, so the result is"
                    + " not the same to the last bit"));
        }
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
        String part = RunCheckpoints.part(GeneralPhase.NAME);
        if (checkpoints.hasPassed(part)) {
            return;
        }
        anchor = new GeneralPhase(bridge, folder, log, cancelled, record, config, model, modelHash, general,
                provenance(), checkpoints).run(training);
        checkpoints.needsAnchor(folder.anchor());
        checkpoints.passMoving(part);
    }

    /** Opens an anchor made earlier and starts from its reference, as if the general phase had just ended. */
    void openAnchor() {
        if (!checkpoints.hasPassed(GIVEN_ANCHOR)) {
            openGivenAnchor();
            checkpoints.passMoving(GIVEN_ANCHOR);
        }
    }

    private void openGivenAnchor() {
        AnchorTokenizer.check(Path.of(config.retention().anchor()), tokenizer);
        anchor = GeneralPhase.open(bridge, Path.of(config.retention().anchor()), config, model, modelHash);
        record.importance(bridge.anchors().info(anchor), 0, Double.NaN);
    }

    /** Trains on a domain under the retention penalty. */
    void domainPhase(int index) {
        String part = RunCheckpoints.part(config.domain().get(index).domainName());
        if (checkpoints.hasPassed(part)) {
            return;
        }
        anchor = domainPhases.run(index, domains.get(index), anchor, training);
        checkpoints.passMoving(part);
    }

    /** Moves the trained model part of its way back. */
    void soften() {
        AfterTrainingConfig way = config.afterTraining();
        if (!config.evaluation().stages().contains(Stage.SOFTENED)) {
            log.add("warning", "", 0, Map.of("message", "the model is moved after its last evaluation: add \"softened\""
                    + " to evaluation.stages to see what afterTraining does"));
        }
        log.add("softening", "", 0, Map.of("method", Words.of(way.method()), "strength", way.strength()));
        checkpoints.stopWriting();
        Softening.apply(bridge, model, modelFolder.path(), config, anchor);
    }

    /** Puts before and after side by side. */
    void compare() {
        evaluation.compare();
    }

    /** Ranks that did not end together have no whole model among them: what there is to go on from is a checkpoint. */
    void endApart() {
        endsTogether = false;
    }

    /** Saves the model as far as it came, and frees what is held. */
    @Override
    public void close() {
        try {
            if (training != null && checkpoints.isTrained() && endsTogether) {
                bridge.models().save(model, folder.model());
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
