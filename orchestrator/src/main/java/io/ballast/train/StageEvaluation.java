package io.ballast.train;

import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.Words;
import io.ballast.data.Tokenizer;
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

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The evaluations of a run: one at each stage that the experiment names, then what changed between them. */
final class StageEvaluation implements AutoCloseable {
    private final ExperimentConfig config;
    private final EventLog log;
    private final RunFolder folder;
    private final RunRecord record;
    private final Bridge bridge;
    private final long model;
    private final String modelHash;
    private final Evaluator evaluator;
    private final EvaluationTasks tasks;
    private final Map<String, Evaluation> done = new LinkedHashMap<>();

    StageEvaluation(ExperimentConfig config, Tokenizer tokenizer, Bridge bridge, long model, String modelHash,
            int maxLength, EventLog log, RunFolder folder, RunRecord record) {
        this.config = config;
        this.bridge = bridge;
        this.model = model;
        this.modelHash = modelHash;
        this.log = log;
        this.folder = folder;
        this.record = record;
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
        if (tasks.all().isEmpty() || !config.evaluation().stages().contains(stage)) {
            return;
        }
        log.add("stage", name, 0, Map.of());
        Evaluation evaluation;
        try (AnswerCache cache = cache(stage)) {
            evaluation = evaluator.evaluate(tasks, cache,
                    (items, total) -> log.progress("scoring", name, items, Map.of("total", total)), cancelled);
        }
        done.put(name, evaluation);
        EvaluationWriter.write(evaluation, config.model().path(), folder.evaluation(name));
        evaluation.warnings().forEach(warning -> log.add("warning", name, 0, Map.of("message", warning)));
        List<Score> scores = evaluation.scores(name);
        record.scores(scores, evaluation.groupScores(name));
        record.matrices(matrices());
        log.add("scores", name, 0, Map.of("scores", scores));
    }

    /** Only a base that nothing was added to is known by its files. */
    private AnswerCache cache(Stage stage) {
        return stage == Stage.BASE && config.adapter() == null && config.evaluation().cache()
                ? AnswerCaches.of(bridge, ModelFingerprint.of(Path.of(config.model().path()), modelHash), model)
                : AnswerCache.none();
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
