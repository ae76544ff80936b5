package io.ballast.bench;

import com.google.gson.Gson;
import io.ballast.python.PythonEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** lm-eval in a child process of the environment's Python, which scores when it is asked to, and says how long it took. */
final class LmEval implements AutoCloseable {
    private final Gson gson = new Gson();
    private final PythonProcess process;

    /**
     * What lm-eval answers.
     *
     * @param items      scored
     * @param seconds    that scoring took
     * @param cpuSeconds that all threads worked for it
     * @param missing    why there is nothing to score, or null
     */
    record Answer(int items, double seconds, double cpuSeconds, String missing) {
    }

    /**
     * A token row and lm-eval's answer to it.
     *
     * @param ids           all tokens
     * @param targetStart   index of the first that is scored
     * @param logLikelihood in nats
     * @param greedy        whether all scored tokens are the most likely ones
     */
    record Row(int[] ids, int targetStart, double logLikelihood, boolean greedy) {
    }

    /**
     * Starts it; the model is loaded before the first answer comes.
     *
     * @param environment with lm_eval
     * @param setting     what to score
     * @param folder      an empty one
     */
    LmEval(PythonEnvironment environment, EvaluationPairs.Setting setting, Path folder) throws IOException {
        process = new PythonProcess(environment, "lm_eval_rows", folder.resolve("lm_eval.log"), setting.model(),
                setting.data(), setting.batchSize());
    }

    /** Makes a task's token rows, scores them, and writes them with their answers to a file. */
    Answer score(EvaluationPairs.Question question, int items, Path rows) {
        return ask(Map.of("task", question.task(), "shots", question.shots(), "items", items, "maxLength",
                question.maxLength(), "rows", rows.toString()));
    }

    /** Writes a task file {@code bench_TASK.yaml} and its data to a folder, and scores nothing. */
    Answer write(String task, int items, Path folder) {
        return ask(Map.of("task", task, "items", items, "folder", folder.toString()));
    }

    /** Scores the last task's rows once more. */
    Answer scoreAgain() {
        return ask(Map.of("again", true));
    }

    List<Row> read(Path rows) {
        try {
            return Files.readAllLines(rows).stream().map(line -> gson.fromJson(line, Row.class)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + rows, e);
        }
    }

    private Answer ask(Map<String, Object> question) {
        return process.ask(question, Answer.class);
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
