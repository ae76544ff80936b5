package io.ballast.bench;

import com.sun.management.OperatingSystemMXBean;
import io.ballast.data.Example;
import io.ballast.eval.BatchScorer;
import io.ballast.eval.Likelihood;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import io.ballast.train.BridgeScorer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Items per second of Ballast and of lm-eval, {@code lm_eval --model hf}, on the same items, in two ways.
 *
 * <p>Scoring: on the same token rows, which lm-eval makes of its own tasks. On both sides the way from token ids to
 * log-likelihoods is timed, with grouping and batching, and neither the loading of the model, nor reading, rendering,
 * tokenization and metrics. Both run on the CPU in float32 at the same batch size, one after the other in turns, in
 * processes that are warm: of each task the first run is not counted.
 *
 * <p>The whole commands, from start to end: {@link CommandBenchmark}.
 */
final class EvaluationPairs {
    private static final double ONE_ANSWER_DIFFERS = 1e-3;

    private final PythonEnvironment environment;
    private final Setting setting;
    private final Consumer<String> note;

    /**
     * What is scored.
     *
     * @param model     a folder
     * @param data      folder with the tasks' files
     * @param batchSize rows in a batch, of both programs
     * @param items     most items of a task; of pages a tenth
     * @param pairs     how often each program scores each task
     * @param ballast   the command that starts Ballast, without arguments
     */
    record Setting(Path model, Path data, int batchSize, int items, int pairs, List<String> ballast) {
    }

    /**
     * A task as it is measured.
     *
     * @param task  lm-eval's name
     * @param shots examples in front of each item, the same for all
     * @param goal  items per second divided by lm-eval's, at least
     */
    record Question(String task, int shots, double goal) {
        private static final int ROOM_FOR_EXAMPLES = 2048;
        private static final int ITEMS_A_PAGE = 10;

        /**
         * Says how much of a row is read. Rotary positions reach beyond what a small model was trained on; its answers mean
         * nothing there, but come at the same pace.
         *
         * @return the most tokens; 0 where it is what the model was made for
         */
        int maxLength() {
            return shots == 0 ? 0 : ROOM_FOR_EXAMPLES;
        }

        /** A page is about as long as ten items. */
        int items(int items) {
            return task.equals("wikitext") ? Math.max(1, items / ITEMS_A_PAGE) : items;
        }

        /** @return what it is called */
        public String name() {
            return "eval " + task + ", " + shots + " shots";
        }
    }

    /** What is measured: tasks whose rows share something, and tasks whose rows share nothing. */
    static final List<Question> QUESTIONS = List.of(new Question("sciq", 0, 1.5), new Question("hellaswag", 0, 1.5),
            new Question("medmcqa", 5, 1.5), new Question("arc_easy", 5, 1.5), new Question("medmcqa", 0, 0.97),
            new Question("piqa", 0, 0.97), new Question("arc_easy", 0, 0.97), new Question("lambada_openai", 0, 0.97),
            new Question("wikitext", 0, 0.97));

    /**
     * Prepares the benchmark.
     *
     * @param environment with lm_eval
     * @param setting     what is scored
     * @param note        hears what cannot be measured and how far the answers are apart
     */
    EvaluationPairs(PythonEnvironment environment, Setting setting, Consumer<String> note) {
        this.environment = environment;
        this.setting = setting;
        this.note = note;
    }

    /**
     * Measures.
     *
     * @param bridge    to Python
     * @param questions what
     * @return a measurement of each question whose data are there
     * @throws io.ballast.MissingEnvironmentException when lm_eval does not run
     */
    List<Measurement> run(Bridge bridge, List<Question> questions) {
        return ScratchFolder.with(folder -> run(bridge, questions, folder));
    }

    private List<Measurement> run(Bridge bridge, List<Question> questions, Path folder) throws IOException {
        long model = bridge.models().open(setting.model(), "float32", "cpu", false, 0);
        try (LmEval lmEval = new LmEval(environment, setting, folder)) {
            BatchScorer scorer = new BatchScorer(new BridgeScorer(bridge, model), setting.batchSize());
            List<Measurement> measurements = new ArrayList<>();
            for (Question question : questions) {
                LmEval.Answer first = lmEval.score(question, question.items(setting.items()),
                        folder.resolve("rows.jsonl"));
                if (first.missing() != null) {
                    note.accept(question.name() + " is not measured: " + first.missing());
                    continue;
                }
                List<LmEval.Row> rows = lmEval.read(folder.resolve("rows.jsonl"));
                measurements.add(measure(question, lmEval, first.items(), rows, scorer));
            }
            measurements.addAll(commands(questions, lmEval, Files.createDirectory(folder.resolve("commands"))));
            return measurements;
        } finally {
            bridge.release(model);
        }
    }

    /** One measurement for the tasks of a goal, in which both programs start once. */
    private List<Measurement> commands(List<Question> questions, LmEval lmEval, Path folder) {
        Map<Double, List<Question>> byGoal = new LinkedHashMap<>();
        questions.stream().filter(question -> question.shots() == 0)
                .forEach(question -> byGoal.computeIfAbsent(question.goal(), goal -> new ArrayList<>()).add(question));
        List<Measurement> measurements = new ArrayList<>();
        byGoal.forEach((goal, asked) -> {
            List<String> tasks = new ArrayList<>();
            int items = 0;
            for (Question question : asked) {
                LmEval.Answer written = lmEval.write(question.task(), question.items(setting.items()), folder);
                if (written.missing() == null) {
                    tasks.add(question.task());
                    items += written.items();
                }
            }
            if (!tasks.isEmpty()) {
                measurements.add(new CommandBenchmark(environment, setting, folder).measure(tasks, items, goal));
            }
        });
        return measurements;
    }

    private Measurement measure(Question question, LmEval lmEval, int items, List<LmEval.Row> rows, BatchScorer scorer) {
        List<Example> examples = rows.stream().map(row -> new Example(row.ids(), row.targetStart())).toList();
        compare(question, rows, score(scorer, examples));
        double[] ours = new double[setting.pairs()];
        double[] theirs = new double[setting.pairs()];
        double[] ourCpu = new double[setting.pairs()];
        double[] theirCpu = new double[setting.pairs()];
        for (int pair = 0; pair < setting.pairs(); pair++) {
            long started = System.nanoTime();
            long cpuStarted = cpuNanoseconds();
            score(scorer, examples);
            ours[pair] = (System.nanoTime() - started) / 1e9;
            ourCpu[pair] = (cpuNanoseconds() - cpuStarted) / 1e9;
            LmEval.Answer again = lmEval.scoreAgain();
            theirs[pair] = again.seconds();
            theirCpu[pair] = again.cpuSeconds();
        }
        // On a busy machine the wall clock says more about the neighbours.
        note.accept(String.format(Locale.ROOT, "%s: processor seconds %.2f, lm-eval %.2f, ratio of items per processor "
                + "second %.2f", question.name(), Measurement.median(ourCpu), Measurement.median(theirCpu),
                Measurement.median(theirCpu) / Measurement.median(ourCpu)));
        return Measurement.ofPace(question.name(), items, ours, theirs, question.goal());
    }

    /** Of all threads of this process. */
    private static long cpuNanoseconds() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static Likelihood[] score(BatchScorer scorer, List<Example> examples) {
        return scorer.score(examples, (done, total) -> { }, () -> false);
    }

    private void compare(Question question, List<LmEval.Row> rows, Likelihood[] found) {
        double largest = 0;
        int greedy = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(found[i].logProbability() - rows.get(i).logLikelihood()));
            greedy += found[i].greedy() == rows.get(i).greedy() ? 0 : 1;
        }
        note.accept(String.format(Locale.ROOT, "%s%s: %d token rows; log-likelihoods at most %.1e apart, %d greedy flags "
                + "differ", largest > ONE_ANSWER_DIFFERS ? "warning: " : "", question.name(), found.length, largest,
                greedy));
    }
}
