package io.ballast.bench;

import io.ballast.python.PythonEnvironment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Items per second of the whole commands, {@code ballast eval} and {@code lm_eval --model hf}, from start to end: each
 * starts, reads the same task files, scores every item with float32 on the CPU at the same batch size, and writes results
 * and samples. Ballast keeps no answers. No shots: a window that five shots fill is more than a small model has.
 */
final class CommandBenchmark {
    private final PythonEnvironment environment;
    private final EvaluationPairs.Setting setting;
    private final Path folder;

    /**
     * @param environment with lm_eval
     * @param setting     what is scored
     * @param folder      for task files and results
     */
    CommandBenchmark(PythonEnvironment environment, EvaluationPairs.Setting setting, Path folder) {
        this.environment = environment;
        this.setting = setting;
        this.folder = folder;
    }

    /**
     * @param tasks in the folder, as files {@code bench_TASK.yaml}
     * @param items of all of them together
     * @param goal  items per second divided by lm-eval's, at least
     * @return the measurement
     */
    Measurement measure(List<String> tasks, int items, double goal) {
        String names = tasks.stream().map(task -> "bench_" + task).collect(Collectors.joining(","));
        double[] ours = new double[setting.pairs()];
        double[] theirs = new double[setting.pairs()];
        for (int pair = 0; pair < setting.pairs(); pair++) {
            ours[pair] = seconds(ours(names, folder.resolve("ballast-" + pair)));
            theirs[pair] = seconds(theirs(names, folder.resolve("lm-eval-" + pair)));
        }
        return Measurement.ofPace("eval " + String.join(", ", tasks) + ", 0 shots, whole command", items, ours, theirs,
                goal);
    }

    private List<String> ours(String tasks, Path out) {
        return Stream.concat(setting.ballast().stream(), Stream.of("eval", setting.model().toString(), "--tasks",
                tasks, "--tasks-dir", folder.toString(), "--trust-task-code", "--no-cache", "--device",
                "cpu", "--dtype", "float32", "--batch-size", String.valueOf(setting.batchSize()), "--out", out.toString(),
                "--quiet")).toList();
    }

    private List<String> theirs(String tasks, Path out) {
        return List.of(environment.executable().toString(), "-m", "lm_eval", "--model", "hf", "--model_args",
                "pretrained=" + setting.model() + ",dtype=float32", "--tasks", tasks, "--include_path",
                folder.toString(), "--device", "cpu", "--batch_size", String.valueOf(setting.batchSize()), "--output_path",
                out.toString(), "--log_samples");
    }

    private double seconds(List<String> command) {
        return TimedCommand.seconds(command, folder.resolve("command.log"), Map.of("HF_HUB_OFFLINE", "1",
                "HF_DATASETS_OFFLINE", "1", "HF_HOME", folder.resolve("huggingface").toString()));
    }
}
