package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.Words;
import io.ballast.data.Sha256;
import io.ballast.data.Tokenizer;
import io.ballast.data.WholeFiles;
import io.ballast.eval.AnswerCache;
import io.ballast.eval.Evaluation;
import io.ballast.eval.EvaluationTask;
import io.ballast.eval.EvaluationTasks;
import io.ballast.eval.EvaluationWriter;
import io.ballast.eval.Evaluator;
import io.ballast.compare.Flips;
import io.ballast.compare.TaskChanges;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import io.ballast.eval.TrainTestMatrix;
import io.ballast.model.ModelFingerprint;
import io.ballast.python.Bridge;
import io.ballast.ranks.Ranks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The evaluations of a run: one at each stage that the experiment names, then what changed between them. */
final class StageEvaluation implements AutoCloseable {
    private final ExperimentConfig config;
    private final EventLog log;
    private final RunFolder folder;
    private final RunRecord record;
    private final Bridge bridge;
    private final Ranks ranks;
    private final long model;
    private final String modelHash;
    private final Evaluator evaluator;
    private final EvaluationTasks tasks;
    private final RunCheckpoints checkpoints;
    private final Map<String, Evaluation> done = new LinkedHashMap<>();

    StageEvaluation(ExperimentConfig config, Tokenizer tokenizer, Bridge bridge, long model, String modelHash,
            int maxLength, EventLog log, RunFolder folder, RunRecord record, RunCheckpoints checkpoints) {
        this.config = config;
        this.bridge = bridge;
        this.ranks = bridge.ranks();
        this.model = model;
        this.modelHash = modelHash;
        this.log = log;
        this.folder = folder;
        this.record = record;
        this.checkpoints = checkpoints;
        this.evaluator = new Evaluator(tokenizer, new BridgeScorer(bridge, model),
                new BridgeGenerator(bridge, model, tokenizer.folder()), config.evaluation().batchSize(), maxLength);
        this.tasks = EvaluationTasks.of(config, bridge);
    }

    /**
     * Scores the model if the experiment asks for this stage.
     *
     * @param name what the stage is called: of a domain, the domain's name
     */
    void run(Stage stage, String name, BooleanSupplier cancelled) {
        if (tasks.all().isEmpty() || !config.evaluation().stages().contains(stage)
                || checkpoints.hasPassed(part(name))) {
            return;
        }
        log.add("stage", name, 0, Map.of());
        Evaluation evaluation;
        Optional<Path> kept = kept(stage);
        try (AnswerCache cache = cache(kept, name)) {
            evaluation = evaluator.evaluate(tasks, cache,
                    (items, total) -> log.progress("scoring", name, items, Map.of("total", total)), cancelled);
        }
        done.put(name, evaluation);
        if (ranks.isFirst()) {
            removeOfInterruption(folder.evaluation(name));
            EvaluationWriter.write(evaluation, config.model().path(), folder.evaluation(name));
        }
        evaluation.warnings().forEach(warning -> log.add("warning", name, 0, Map.of("message", warning)));
        List<Score> scores = evaluation.scores(name);
        record.scores(scores, evaluation.groupScores(name));
        record.matrices(matrices());
        log.add("scores", name, 0, Map.of("scores", scores));
        pass(name, kept);
    }

    /** What a stage is called among a run's parts. */
    private static String part(String stage) {
        return "evaluation " + stage;
    }

    private void pass(String name, Optional<Path> kept) {
        if (!checkpoints.isWriting()) {
            return;
        }
        checkpoints.needs(checkpoints.answers(name));
        checkpoints.pass(part(name));
        kept.filter(file -> ranks.isFirst()).ifPresent(file -> {
            try (AnswerCache cache = AnswerCache.open(file)) {
                cache.addAll(checkpoints.answers(name));
            }
        });
    }

    /**
     * Takes the stages that were finished before the run was interrupted from what the model answered then; it is not
     * asked again, and by now it would answer otherwise.
     */
    void readBack(List<String> stages) {
        stages.stream().filter(name -> checkpoints.hasPassed(part(name))).forEach(name -> {
            checkpoints.needs(checkpoints.answers(name));
            done.put(name, evaluator.evaluate(tasks, AnswerCache.read(checkpoints.answers(name)),
                    (items, total) -> { }, () -> {
                        throw new InvalidInputException("Expected the questions that were answered at the stage " + name
                                + " before the run was interrupted; found others. Put the evaluation's data back as"
                                + " they were, or start another run.");
                    }));
        });
    }

    /** Names the files that questions are made of. */
    void identify() {
        tasks.all().stream().flatMap(task -> task.fileStates().keySet().stream()).distinct()
                .forEach(file -> checkpoints.identify("evaluation data in " + file, new Sha256().file(file).hex()));
    }

    private static void removeOfInterruption(Path written) {
        try {
            WholeFiles.delete(written);
        } catch (IOException e) {
            throw new UncheckedIOException("could not remove what was left in " + written, e);
        }
    }

    /** Where answers are kept from run to run: only a base that nothing was added to is known by its files. */
    private Optional<Path> kept(Stage stage) {
        boolean isKnown = stage == Stage.BASE && config.adapter() == null && config.evaluation().cache();
        return isKnown ? Optional.of(AnswerCaches.file(bridge,
                ModelFingerprint.of(Path.of(config.model().path()), modelHash), model)) : Optional.empty();
    }

    /**
     * What is known before. A run that may be resumed adds to it when the stage is finished: with the answers that an
     * interrupted stage had left, the other questions would stand in other batches, and the last bit would differ.
     */
    private AnswerCache cache(Optional<Path> kept, String name) {
        AnswerCache cache = ranks.isFirst() ? ownCache(kept, name) : AnswerCache.none();
        if (ranks.size() > 1) { // all of them have to ask the same questions
            cache.remember(ranks.ofFirst(cache.known()));
        }
        return cache;
    }

    private AnswerCache ownCache(Optional<Path> kept, String name) {
        if (checkpoints.isWriting()) {
            return kept.map(AnswerCache::read).orElse(AnswerCache.none()).recordedIn(checkpoints.answers(name));
        }
        return kept.map(AnswerCache::open).orElse(AnswerCache.none());
    }

    /** Compares the last stage with the base, item by item. */
    void compare() {
        Evaluation before = done.get(Words.of(Stage.BASE));
        Evaluation after = done.values().stream().reduce((first, second) -> second).orElse(before);
        if (before == null || after == before) {
            return;
        }
        record.forgetting(changes(before, after, Role.GENERAL));
        if (after != done.get(Words.of(Stage.ANCHORED))) { // before any domain was trained on nothing is learned
            record.learned(changes(before, after, Role.DOMAIN));
        }
        if (!ranks.isFirst()) {
            return;
        }
        removeOfInterruption(folder.flips());
        for (EvaluationTask task : tasks.all()) {
            Flips.write(before.task(task.name()).orElseThrow(), after.task(task.name()).orElseThrow(), folder.flips());
        }
        record.artifact("evaluation", folder.path().resolve("evaluation"));
    }

    private TaskChanges changes(Evaluation before, Evaluation after, Role role) {
        TaskChanges changes = TaskChanges.between(before, after, role, config.seed());
        changes.notes().forEach(note -> log.add("warning", "comparison", 0, Map.of("message", note)));
        return changes;
    }

    /** What several domains did to one another so far. */
    private List<TrainTestMatrix> matrices() {
        Map<String, String> domainOf = new LinkedHashMap<>();
        config.evaluation().domain().forEach(task -> domainOf.put(task.name(), task.domain()));
        String before = Stream.of(Stage.ANCHORED, Stage.BASE).map(Words::of).filter(done::containsKey).findFirst()
                .orElse(null);
        return TrainTestMatrix.of(record.scores(), domainOf,
                config.domain().stream().map(PhaseConfig::domainName).toList(), before);
    }

    @Override
    public void close() {
        tasks.close();
    }
}
