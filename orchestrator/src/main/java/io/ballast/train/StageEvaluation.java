package io.ballast.train;

import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.Words;
import io.ballast.data.Tokenizer;
import io.ballast.eval.Evaluation;
import io.ballast.eval.EvaluationTask;
import io.ballast.eval.EvaluationTasks;
import io.ballast.eval.EvaluationWriter;
import io.ballast.eval.Evaluator;
import io.ballast.eval.Flips;
import io.ballast.eval.Forgetting;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import io.ballast.eval.TokenScorer;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The evaluations of a run: one at each stage that the experiment names, then what changed between them. */
final class StageEvaluation {
    private final ExperimentConfig config;
    private final EventLog log;
    private final RunFolder folder;
    private final RunRecord record;
    private final Evaluator evaluator;
    private final List<EvaluationTask> tasks;
    private final Map<Stage, Evaluation> done = new EnumMap<>(Stage.class);

    StageEvaluation(ExperimentConfig config, Tokenizer tokenizer, TokenScorer scorer, int maxLength, EventLog log,
            RunFolder folder, RunRecord record) {
        this.config = config;
        this.log = log;
        this.folder = folder;
        this.record = record;
        this.evaluator = new Evaluator(tokenizer, scorer, config.evaluation().batchSize(), maxLength);
        this.tasks = EvaluationTasks.of(config.evaluation(), config.general(), config.domain());
    }

    void run(Stage stage, BooleanSupplier cancelled) {
        if (tasks.isEmpty() || !config.evaluation().stages().contains(stage)) {
            return;
        }
        String name = Words.of(stage);
        log.add("stage", name, 0, Map.of());
        Evaluation evaluation = evaluator.evaluate(tasks,
                (rows, total) -> log.progress("scoring", name, rows, Map.of("total", total)), cancelled);
        done.put(stage, evaluation);
        EvaluationWriter.write(evaluation, config.model().path(), folder.evaluation(name));
        evaluation.warnings().forEach(warning -> log.add("warning", name, 0, Map.of("message", warning)));
        List<Score> scores = evaluation.scores(name);
        record.scores(scores);
        log.add("scores", name, 0, Map.of("scores", scores));
    }

    /** Compares the last stage with the base, item by item. */
    void compare() {
        Evaluation before = done.get(Stage.BASE);
        Evaluation after = done.get(last());
        if (before == null || after == before) {
            return;
        }
        for (EvaluationTask task : tasks) {
            if (task.role() == Role.GENERAL) {
                record.forgetting(Forgetting.between(before.task(task.name()).orElseThrow(),
                        after.task(task.name()).orElseThrow(), config.seed()));
            }
            Flips.write(before.task(task.name()).orElseThrow(), after.task(task.name()).orElseThrow(), folder.flips());
        }
        record.artifact("evaluation", folder.path().resolve("evaluation"));
    }

    private Stage last() {
        return done.keySet().stream().reduce((first, second) -> second).orElse(Stage.BASE);
    }
}
