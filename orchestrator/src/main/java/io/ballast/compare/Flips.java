package io.ballast.compare;

import io.ballast.eval.EvaluationWriter;
import io.ballast.eval.Metric;
import io.ballast.eval.TaskResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The items that two models answer differently by {@code acc}, or by the first metric that says right or wrong where
 * a task has no {@code acc}: one JSON line each.
 */
public final class Flips {
    private Flips() {}

    /**
     * Writes {@code TASK.jsonl}: {@code {"change": "newlyWrong" | "newlyRight", "doc_id", "subject", "doc",
     * "prompt", "choices", "target", "before", "after", "logProbabilities": {"before": […], "after": […]},
     * "probabilities": {"before": […], "after": […]}}}. Target, before and after are indices of choices; for a task
     * without choices the expected text, and whether it was the most likely one, or what was generated. Probabilities
     * are those among the choices. Only a task that has subjects has {@code subject}.
     *
     * @param before a task's result at the first stage
     * @param after  the same task's at the last
     * @param folder where to; made when it is not there
     * @return the file, or null for a task whose items are not right or wrong
     * @throws UncheckedIOException when the file cannot be written
     */
    public static Path write(TaskResult before, TaskResult after, Path folder) {
        return write(new PairedTask(RecordedTask.of(before), RecordedTask.of(after)), folder);
    }

    static Path write(PairedTask pair, Path folder) {
        Metric metric = pair.flipMetric().orElse(null);
        if (metric == null) {
            return null;
        }
        Optional<Subjects> subjects = pair.subjects();
        List<Map<String, Object>> flips = new ArrayList<>();
        for (int i = 0; i < pair.before().items().size(); i++) {
            RecordedItem was = pair.before().items().get(i);
            RecordedItem is = pair.after().items().get(i);
            if (was.isRight(metric) != is.isRight(metric)) {
                flips.add(flip(was, is, subjects, was.isRight(metric) ? "newlyWrong" : "newlyRight"));
            }
        }
        Path file = folder.resolve(EvaluationWriter.fileName(pair.before().name()) + ".jsonl");
        try {
            Files.createDirectories(folder);
            EvaluationWriter.writeLines(file, flips);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static Map<String, Object> flip(RecordedItem before, RecordedItem after, Optional<Subjects> subjects,
            String change) {
        Map<String, Object> flip = new LinkedHashMap<>();
        flip.put("change", change);
        flip.put("doc_id", before.id());
        subjects.ifPresent(found -> flip.put("subject", found.of(before)));
        flip.put("doc", before.doc());
        flip.put("prompt", before.prompt());
        flip.put("choices", before.choices());
        flip.put("target", before.target());
        flip.put("before", before.chosen());
        flip.put("after", after.chosen());
        flip.put("logProbabilities", Map.of("before", before.logProbabilities(), "after", after.logProbabilities()));
        flip.put("probabilities", Map.of("before", before.probabilities(), "after", after.probabilities()));
        return flip;
    }
}
