package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** lm-eval itself, run in a child process on the real checkpoint and the real data files. */
final class LmEvalReference {
    /** Rows of each file whose requests are compared. */
    static final int ITEMS = 100;
    /** Tokens that are read at once: half the model's window, so that some contexts are cut. */
    static final int MAX_LENGTH = 128;

    private static final Path SCRIPT = home().resolve("orchestrator/src/test/python/lm_eval_reference.py");

    static final Map<String, String> FILES = new LinkedHashMap<>();

    static {
        FILES.put("sciq", "sciq/test.jsonl");
        FILES.put("piqa", "piqa/validation.jsonl");
        FILES.put("medmcqa", "medmcqa/test.jsonl");
        FILES.put("hellaswag", "general/hellaswag.jsonl");
        FILES.put("arc_easy", "general/arc_easy.jsonl");
        FILES.put("lambada_openai", "general/lambada_openai.jsonl");
    }

    private LmEvalReference() {}

    /** A row as lm-eval turns it into requests; names as in {@code lm_eval_reference.py}. */
    record Requests(String context, List<String> continuations, List<int[]> contextIds, List<int[]> continuationIds,
            List<String> choices, String target) {
    }

    /** A row that lm-eval scored. */
    record Scored(String docHash, String promptHash, String targetHash, double[] logLikelihoods, boolean[] greedy,
            Map<String, Double> metrics) {
        List<Likelihood> likelihoods() {
            List<Likelihood> likelihoods = new ArrayList<>();
            for (int i = 0; i < logLikelihoods.length; i++) {
                likelihoods.add(new Likelihood(logLikelihoods[i], greedy[i], 1));
            }
            return likelihoods;
        }
    }

    /** What lm-eval makes of log-likelihoods. */
    record Outcome(List<Scored> samples, Map<String, Object> results, Map<String, Boolean> higherIsBetter,
            String version, List<String> sampleKeys) {
    }

    /**
     * A task's answer.
     *
     * @param items  the requests
     * @param drawn  metrics of log-likelihoods drawn with a fixed seed, for the same rows
     * @param scored of the model's own, for the first rows; null where none were asked for
     */
    record Answer(List<Requests> items, Outcome drawn, Outcome scored) {
    }

    static Path shared() {
        String override = System.getenv("BALLAST_SHARED");
        Path shared = override == null ? home().resolveSibling("shared") : Path.of(override);
        assumeTrue(Files.isDirectory(shared.resolve("models/stories15M")),
                "skipped: no checkpoint and data in " + shared);
        return shared;
    }

    static Path model() {
        return shared().resolve("models/stories15M");
    }

    static LikelihoodTask task(String name, Integer limit) {
        return new LikelihoodTask(name, Role.GENERAL, Tasks.named(name),
                new TaskData(shared().resolve("data").resolve(FILES.get(name)), null, limit), Map.of());
    }

    /**
     * What lm-eval answers. Kept below {@code target}, by a hash of the question, the script and the locked
     * versions: the tests of another JDK ask the same.
     *
     * @param scratch folder for what the process writes
     * @param scored  rows of each file on which the model itself is run
     * @return by task
     */
    static Map<String, Answer> run(Path scratch, int scored) throws IOException, InterruptedException {
        List<String> command = command(scored);
        String question = command + Files.readString(SCRIPT)
                + Files.readString(home().resolve("python-ext/requirements.lock"));
        Path answer = home().resolve("orchestrator/target/lm-eval/" + Hashes.of(question) + ".json");
        if (!Files.exists(answer)) {
            Files.createDirectories(answer.getParent());
            Files.move(ask(command, scratch), answer);
        }
        return new Gson().fromJson(Files.readString(answer), new TypeToken<Map<String, Answer>>() { }.getType());
    }

    private static List<String> command(int scored) {
        Path python = home().resolve(".venv/bin/python");
        assumeTrue(Files.isExecutable(python), "skipped: no Python environment at " + python);
        List<String> command = new ArrayList<>(List.of(python.toString(), SCRIPT.toString(), model().toString(),
                String.valueOf(MAX_LENGTH), String.valueOf(ITEMS), String.valueOf(scored)));
        FILES.forEach((name, file) -> command.add(name + "=" + shared().resolve("data").resolve(file)));
        return command;
    }

    private static Path ask(List<String> command, Path scratch) throws IOException, InterruptedException {
        Path answer = scratch.resolve("answer.json");
        Path messages = scratch.resolve("messages.txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(answer.toFile())
                .redirectError(messages.toFile());
        builder.environment().put("OMP_NUM_THREADS", "2");
        builder.environment().put("HF_HOME", scratch.resolve("huggingface").toString());
        assertEquals(0, builder.start().waitFor(), () -> text(messages));
        return answer;
    }

    private static Path home() {
        return Path.of(System.getProperty("ballast.home"));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "lm-eval said nothing: " + e;
        }
    }
}
