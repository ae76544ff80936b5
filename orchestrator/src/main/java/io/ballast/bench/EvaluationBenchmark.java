package io.ballast.bench;

import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import io.ballast.model.ModelFolder;
import java.nio.file.Path;
import java.util.List;

/**
 * Items per second of Ballast and of lm-eval: {@link EvaluationPairs}. Settings: {@code tasks}, some of the measured ones
 * with commas between; {@code items} of each; {@code batchSize}.
 */
final class EvaluationBenchmark implements Benchmark {
    private static final String TASKS = "tasks";
    private static final String ITEMS = "items";
    private static final String BATCH_SIZE = "batchSize";
    private static final int DEFAULT_ITEMS = 40;
    private static final int DEFAULT_BATCH_SIZE = 8;
    private static final int DEFAULT_PAIRS = 5;

    @Override
    public String name() {
        return "eval";
    }

    @Override
    public String summary() {
        return "evaluation, against lm-eval";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        request.allow(List.of(TASKS, ITEMS, BATCH_SIZE));
        List<EvaluationPairs.Question> questions = questions(request.settings().get(TASKS));
        Path model = request.modelOrDefault();
        ModelFolder.open(model);
        EvaluationPairs.Setting setting = new EvaluationPairs.Setting(model, request.dataOrDefault(),
                request.count(BATCH_SIZE, DEFAULT_BATCH_SIZE), request.count(ITEMS, DEFAULT_ITEMS),
                request.pairs().orElse(DEFAULT_PAIRS), request.ballast());
        try (Ballast ballast = Ballast.open(request.environment())) {
            return new EvaluationPairs(request.environment(), setting, request.note()).run(ballast.bridge(), questions);
        }
    }

    private static List<EvaluationPairs.Question> questions(String tasks) {
        if (tasks == null) {
            return EvaluationPairs.QUESTIONS;
        }
        List<String> known = EvaluationPairs.QUESTIONS.stream().map(EvaluationPairs.Question::task).distinct().toList();
        List<String> wanted = List.of(tasks.split(",", -1)).stream().map(String::strip).toList();
        wanted.stream().filter(task -> !known.contains(task)).findFirst().ifPresent(unknown -> {
            throw new InvalidInputException("--set tasks: expected tasks that are measured, found '" + unknown + "'. "
                    + NearestName.advice(unknown, known));
        });
        return EvaluationPairs.QUESTIONS.stream().filter(question -> wanted.contains(question.task())).toList();
    }
}
