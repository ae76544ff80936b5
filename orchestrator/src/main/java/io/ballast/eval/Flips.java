package io.ballast.eval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The items that two models answer differently by {@code acc}: one JSON line each. */
public final class Flips {
    private Flips() {}

    /**
     * Writes {@code TASK.jsonl}: {@code {"change": "newlyWrong" | "newlyRight", "doc_id", "doc", "prompt",
     * "choices", "target", "before", "after", "logProbabilities": {"before": […], "after": […]}}}. Target,
     * before and after are indices of choices; for a task without choices the expected text, and whether
     * it was the most likely one.
     *
     * @param before a task's result at the first stage
     * @param after  the same task's at the last
     * @param folder where to; made when it is not there
     * @return the file, or null for a task whose items are not right or wrong
     * @throws UncheckedIOException when the file cannot be written
     */
    public static Path write(TaskResult before, TaskResult after, Path folder) {
        if (!before.task().metrics().contains(Metric.ACC)) {
            return null;
        }
        List<Map<String, Object>> flips = new ArrayList<>();
        for (int i = 0; i < before.items().size(); i++) {
            ItemResult was = before.items().get(i);
            ItemResult is = after.items().get(i);
            if (was.isRight(Metric.ACC) != is.isRight(Metric.ACC)) {
                flips.add(flip(was, is));
            }
        }
        Path file = folder.resolve(EvaluationWriter.fileName(before.task().name()) + ".jsonl");
        try {
            Files.createDirectories(folder);
            EvaluationWriter.writeLines(file, flips);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static Map<String, Object> flip(ItemResult before, ItemResult after) {
        Item item = before.item();
        Map<String, Object> flip = new LinkedHashMap<>();
        flip.put("change", before.isRight(Metric.ACC) ? "newlyWrong" : "newlyRight");
        flip.put("doc_id", item.id());
        flip.put("doc", item.columns());
        flip.put("prompt", item.arguments().get(0).context());
        flip.put("choices", item.choices());
        flip.put("target", item.target());
        flip.put("before", answer(before));
        flip.put("after", answer(after));
        flip.put("logProbabilities", Map.of("before", logProbabilities(before), "after", logProbabilities(after)));
        return flip;
    }

    private static Object answer(ItemResult result) {
        return result.item().choices().isEmpty()
                ? result.isRight(Metric.ACC)
                : (Object) LikelihoodTask.choice(Metric.ACC, result.item(), result.likelihoods());
    }

    private static List<Double> logProbabilities(ItemResult result) {
        return result.likelihoods().stream().map(Likelihood::logProbability).toList();
    }
}
