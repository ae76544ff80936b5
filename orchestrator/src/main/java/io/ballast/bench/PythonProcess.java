package io.ballast.bench;

import com.google.gson.Gson;
import io.ballast.MissingEnvironmentException;
import io.ballast.python.PythonEnvironment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The other side of a benchmark in a child process of the environment's Python: a module that answers each line of JSON
 * with one. It is idle while nobody asks.
 */
final class PythonProcess implements AutoCloseable {
    private static final int LINES_OF_AN_ERROR = 5;
    /** Nothing is fetched from a network; bars of progress cost time and nobody sees them. */
    private static final Map<String, String> VARIABLES = Map.of("HF_HUB_OFFLINE", "1", "HF_DATASETS_OFFLINE", "1",
            "HF_DATASETS_DISABLE_PROGRESS_BARS", "1");

    private final Gson gson = new Gson();
    private final String module;
    private final Process process;
    private final BufferedReader answers;
    private final Writer questions;
    private final Path log;

    /**
     * Starts it.
     *
     * @param environment whose Python
     * @param module      in {@code python-ext/benchmarks}; it reads standard input by {@code benchmarks.questions}
     * @param log         file for what it says beside its answers
     * @param arguments   of the module; paths are made absolute
     */
    PythonProcess(PythonEnvironment environment, String module, Path log, Object... arguments) throws IOException {
        this.module = module;
        this.log = log;
        List<String> command = new ArrayList<>(List.of(environment.executable().toAbsolutePath().toString(), "-m",
                "benchmarks." + module));
        for (Object argument : arguments) {
            command.add((argument instanceof Path path ? path.toAbsolutePath() : argument).toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).directory(environment.packagePath().toFile())
                .redirectError(log.toFile());
        builder.environment().putAll(VARIABLES);
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        questions = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Waits until it has loaded what it needs. */
    void awaitReady() {
        ask(Map.of(), Object.class);
    }

    /**
     * Asks and waits for the answer.
     *
     * @param question a JSON object's values
     * @param kind     what the answer is
     * @param <T>      the same
     * @return the answer
     * @throws MissingEnvironmentException when the process ends in its place
     */
    <T> T ask(Map<String, Object> question, Class<T> kind) {
        try {
            questions.write(gson.toJson(question) + "\n");
            questions.flush();
            String answer = answers.readLine();
            if (answer != null) {
                return gson.fromJson(answer, kind);
            }
        } catch (IOException e) {
            throw ended(e);
        }
        throw ended(null);
    }

    private MissingEnvironmentException ended(IOException cause) {
        return new MissingEnvironmentException("expected benchmarks." + module + " to run in the environment's Python;"
                + " it ended with:\n" + endOf(log) + "\n'./ballast doctor' says what is missing.", cause);
    }

    /** The last lines of a file, or why it cannot be read. */
    static String endOf(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_OF_AN_ERROR), lines.size()));
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            questions.close();
        } finally {
            process.destroy();
        }
    }
}
