package io.ballast.bench;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import com.google.gson.reflect.TypeToken;
import io.ballast.InvalidInputException;
import io.ballast.MissingEnvironmentException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A benchmark of the Python side alone: {@code python -m benchmarks.NAME --json} in a process of its own, so that it runs
 * on a machine without Java too.
 *
 * @param name    of the module in {@code python-ext/benchmarks}
 * @param summary what it measures
 */
record PythonBenchmark(String name, String summary) implements Benchmark {
    private static final int WRONG_ARGUMENTS = 2;

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        try {
            Path measured = Files.createTempFile("ballast-bench", ".json");
            try {
                run(request, measured);
                return new Gson().fromJson(Files.readString(measured), new TypeToken<List<Measurement>>() { }.getType());
            } finally {
                Files.delete(measured);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run the benchmark " + name, e);
        } catch (JsonSyntaxException e) {
            throw new IllegalStateException("expected the benchmark " + name + " to print JSON: " + e.getMessage(), e);
        }
    }

    private void run(BenchmarkRequest request, Path measured) throws IOException {
        Process process = new ProcessBuilder(command(request)).directory(request.environment().packagePath().toFile())
                .redirectOutput(measured.toFile()).start();
        String last = "";
        try (BufferedReader said = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                request.note().accept(line);
                last = line;
            }
            int code = process.waitFor();
            if (code == WRONG_ARGUMENTS) {
                throw new InvalidInputException("bench " + name + ": " + last);
            }
            if (code != 0) {
                throw new MissingEnvironmentException("expected the benchmark " + name + " to run in the environment's"
                        + " Python; it ended with " + code + ": " + last);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MissingEnvironmentException("interrupted while the benchmark " + name + " ran", e);
        } finally {
            process.destroy();
        }
    }

    private List<String> command(BenchmarkRequest request) {
        List<String> command = new ArrayList<>(List.of(request.environment().executable().toString(), "-m",
                "benchmarks." + name, "--json"));
        request.model().ifPresent(model -> command.addAll(List.of("--model", model.toString())));
        request.data().ifPresent(data -> command.addAll(List.of("--data-dir", data.toString())));
        request.pairs().ifPresent(pairs -> command.addAll(List.of("--pairs", String.valueOf(pairs))));
        request.settings().forEach((setting, value) -> command.addAll(List.of("--" + setting, value)));
        return command;
    }
}
