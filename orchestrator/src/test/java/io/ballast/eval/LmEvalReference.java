package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.MadeOnce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** lm-eval itself, run in a child process. */
final class LmEvalReference {
    private static final Path SCRIPT = home().resolve("orchestrator/src/test/python/lm_eval_reference.py");
    private static final Gson JSON = new GsonBuilder().serializeNulls().create();

    private LmEvalReference() {}

    /**
     * A task to be run; names as in {@code lm_eval_reference.py}.
     *
     * @param name      what to call it
     * @param file      the task file
     * @param data      rows that are asked about
     * @param pool      rows that examples are drawn from, or null: the same ones
     * @param shots     examples before each question
     * @param model     a model's folder
     * @param maxLength tokens that the model reads at once
     * @param limit     the first documents only
     * @param draws     of the bootstrap for standard errors
     */
    record Job(String name, String file, String data, String pool, int shots, String model, int maxLength, int limit,
            int draws) {
    }

    /**
     * What lm-eval answers. Kept below {@code target}, by a hash of the question, the script and the locked versions:
     * the tests of another JDK ask the same.
     *
     * @param jobs    what to run
     * @param scratch folder for what the process writes
     * @return by name
     */
    static JsonObject run(List<Job> jobs, Path scratch) throws IOException, InterruptedException {
        StringBuilder question = new StringBuilder(JSON.toJson(jobs)).append(Files.readString(SCRIPT))
                .append(Files.readString(home().resolve("python-ext/requirements.lock")));
        for (Job job : jobs) {
            question.append(Files.readString(Path.of(job.file()))).append(Files.readString(Path.of(job.data())));
        }
        Path answer = MadeOnce.at(folder().resolve(Hashes.of(question.toString()) + ".json"),
                path -> ask(jobs, scratch, path));
        return JsonParser.parseString(Files.readString(answer)).getAsJsonObject();
    }

    private static void ask(List<Job> jobs, Path scratch, Path answer) throws IOException, InterruptedException {
        Path python = home().resolve(".venv/bin/python");
        assumeTrue(Files.isExecutable(python), "skipped: no Python environment at " + python);
        Path question = Files.writeString(scratch.resolve("jobs.json"), JSON.toJson(jobs));
        Path messages = scratch.resolve("messages.txt");
        ProcessBuilder builder = new ProcessBuilder(python.toString(), SCRIPT.toString())
                .redirectInput(question.toFile()).redirectOutput(answer.toFile()).redirectError(messages.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().put("HF_HOME", scratch.resolve("huggingface").toString());
        assertEquals(0, builder.start().waitFor(), () -> text(messages));
    }

    /** @return where what is made for lm-eval is kept */
    static Path folder() throws IOException {
        return Files.createDirectories(home().resolve("orchestrator/target/lm-eval"));
    }

    static Path home() {
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
