package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Measures a model on tasks. The same evaluator serves all stages of a run: a task's rows are read and
 * encoded once, so that before and after are compared on the same items; a file that changes meanwhile is refused.
 */
public final class Evaluator {
    private final Tokenizer tokenizer;
    private final BatchScorer scorer;
    private final BatchGenerator generator;
    private final int batchSize;
    private final int maxLength;
    private final Map<EvaluationTask, Items> read = new IdentityHashMap<>();
    private final Map<Path, String> states = new HashMap<>();

    /**
     * @param tokenizer of the model; stays the caller's
     * @param scorer    of the model
     * @param generator of the model
     * @param batchSize rows in a scoring batch
     * @param maxLength tokens that the model reads at once
     */
    public Evaluator(Tokenizer tokenizer, TokenScorer scorer, TextGenerator generator, int batchSize,
            int maxLength) {
        this.tokenizer = tokenizer;
        this.scorer = new BatchScorer(scorer, batchSize);
        this.generator = new BatchGenerator(generator, batchSize);
        this.batchSize = batchSize;
        this.maxLength = maxLength;
    }

    /**
     * @param tasks     what is measured
     * @param cache     what the model said before, and will have said
     * @param progress  is told how many items are answered: first those that the cache knows, then after every batch
     * @param cancelled is asked between batches
     * @return the results, in the order of the tasks
     * @throws io.ballast.StoppedException       when {@code cancelled} says so
     * @throws io.ballast.InvalidInputException  when a task's file or a row of it cannot be used
     * @throws io.ballast.TrainingFailedException when the model answers NaN
     */
    public Evaluation evaluate(EvaluationTasks tasks, AnswerCache cache, EvaluationProgress progress,
            BooleanSupplier cancelled) {
        Instant started = Instant.now();
        List<Items> items = tasks.all().stream().map(this::items).toList();
        Requests requests = new Requests(items, cache);
        EvaluationProgress afterBatch = (done, total) -> {
            cache.flush();
            progress.update(requests.answered(), requests.items());
        };
        progress.update(requests.answered(), requests.items());
        scorer.score(requests.rows(), requests::scored, afterBatch, cancelled);
        generator.generate(requests.prompts(), requests::completed, afterBatch, cancelled);
        List<TaskResult> results = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            EvaluationTask task = tasks.all().get(i);
            results.add(new TaskResult(task, task.results(items.get(i).all(),
                    items.get(i).all().stream().map(requests::answer).toList()), items.get(i).available()));
        }
        return new Evaluation(results, tasks.groups(), Encoding.of(tokenizer, maxLength), batchSize, started,
                Instant.now());
    }

    private Items items(EvaluationTask task) {
        Items items = read.get(task);
        if (items == null) {
            task.fileStates().forEach(states::putIfAbsent);
            items = task.items(tokenizer, maxLength);
            read.put(task, items);
        }
        task.fileStates().forEach((file, state) -> {
            if (!state.equals(states.get(file))) {
                throw new InvalidInputException("evaluation '" + task.name() + "': expected " + file + " to stay as it"
                        + " was first read (" + states.get(file) + "), found " + state + ". Scores of different items"
                        + " cannot be compared: begin again.");
            }
        });
        return items;
    }
}
