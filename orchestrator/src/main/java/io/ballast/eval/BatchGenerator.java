package io.ballast.eval;

import io.ballast.StoppedException;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

/**
 * Completes prompts in batches of equal settings and nearly equal length, longest first, as lm-eval does:
 * what does not fit into memory fails at once. One buffer is allocated and lent for every batch.
 */
final class BatchGenerator {
    private final TextGenerator generator;
    private final int batchSize;

    /**
     * @param generator of the model
     * @param batchSize rows in a batch
     */
    BatchGenerator(TextGenerator generator, int batchSize) {
        this.generator = generator;
        this.batchSize = batchSize;
    }

    /**
     * @param requests  what is to be completed
     * @param completed is given each text with the place of its request, as soon as its batch is done
     * @param progress  is told after every batch
     * @param cancelled is asked before every batch
     * @throws StoppedException when {@code cancelled} says so
     */
    void generate(List<GenerationRequest> requests, ObjIntConsumer<String> completed, EvaluationProgress progress,
            BooleanSupplier cancelled) {
        LongBuffer buffer = allocate(requests);
        List<List<Integer>> batches = batches(requests);
        int[] done = {0};
        generator.rounds().run(CompletedPrompt.class, batches.size(),
                batch -> complete(batches.get(batch), requests, buffer), prompts -> {
                    prompts.forEach(each -> completed.accept(each.text(), each.prompt()));
                    done[0] += prompts.size();
                    progress.update(done[0], requests.size());
                }, cancelled, () -> new StoppedException("evaluation stopped after " + done[0] + " of "
                        + requests.size() + " prompts"));
    }

    /** What the model wrote after the prompt at a place. */
    private record CompletedPrompt(int prompt, String text) {
    }

    private List<CompletedPrompt> complete(List<Integer> batch, List<GenerationRequest> requests, LongBuffer buffer) {
        List<GenerationRequest> rows = batch.stream().map(requests::get).toList();
        int length = rows.get(0).prompt().length;
        PromptBatch.fill(buffer, rows.stream().map(GenerationRequest::prompt).toList(), length);
        List<String> texts = generator.generate(buffer, rows.size(), length, rows.get(0).settings(),
                rows.get(0).seed());
        return IntStream.range(0, rows.size()).mapToObj(row -> new CompletedPrompt(batch.get(row), texts.get(row)))
                .toList();
    }

    /** Places of the requests of each batch, the longest prompt first. */
    private List<List<Integer>> batches(List<GenerationRequest> requests) {
        Map<GenerationSettings, List<Integer>> alike = new LinkedHashMap<>();
        IntStream.range(0, requests.size()).boxed()
                .sorted(Comparator.comparingInt(i -> -requests.get(i).prompt().length))
                .forEach(i -> alike.computeIfAbsent(requests.get(i).settings(), none -> new ArrayList<>()).add(i));
        List<List<Integer>> batches = new ArrayList<>();
        for (List<Integer> group : alike.values()) {
            for (int start = 0; start < group.size(); start += batchSize) {
                batches.add(group.subList(start, Math.min(start + batchSize, group.size())));
            }
        }
        return batches;
    }

    private LongBuffer allocate(List<GenerationRequest> requests) {
        int longest = requests.stream().mapToInt(request -> request.prompt().length).max().orElse(0);
        return PromptBatch.allocate(Math.min(batchSize, requests.size()), longest);
    }
}
