package io.ballast.tracking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.StoppedException;
import io.ballast.TinyModels;
import io.ballast.TrainingPhase;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real run, told to a real MLflow: the one whose program BALLAST_MLFLOW names. */
@Tag("one-jdk")
class MlflowServerTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    Path folder;
    private Process server;
    private URI address;

    @BeforeEach
    void start() throws Exception {
        String program = System.getenv("BALLAST_MLFLOW");
        if (program == null) {
            String reason = "skipped: BALLAST_MLFLOW names no mlflow program, such as .../bin/mlflow";
            System.out.println(getClass().getSimpleName() + " " + reason);
            Assumptions.abort(reason);
        }
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        address = URI.create("http://127.0.0.1:" + port);
        server = new ProcessBuilder(program, "server", "--port", String.valueOf(port), "--workers", "1",
                "--backend-store-uri", "sqlite:///" + folder.resolve("mlflow.db"), "--artifacts-destination",
                folder.resolve("artifacts").toString()).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(folder.resolve("server.log").toFile()).start();
        awaitServer();
    }

    private void awaitServer() throws Exception {
        for (int second = 0; second < 120; second++) {
            try {
                CLIENT.send(HttpRequest.newBuilder(address.resolve("/health")).build(), BodyHandlers.discarding());
                return;
            } catch (IOException notYet) {
                Thread.sleep(1000);
            }
        }
        throw new AssertionError(Files.readString(folder.resolve("server.log")));
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (server != null) {
            server.descendants().forEach(ProcessHandle::destroy);
            server.destroy();
            server.waitFor();
        }
    }

    private JsonObject post(String path, String body) throws Exception {
        return JsonParser.parseString(CLIENT.send(HttpRequest.newBuilder(address.resolve("/api/2.0/mlflow/" + path))
                .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString()).body()).getAsJsonObject();
    }

    private Experiment experiment() throws IOException {
        Path rows = Files.write(folder.resolve("rows.jsonl"), Collections.nCopies(8, "{\"text\": \"Boats go down.\"}"));
        return Experiment.builder("boats", TinyModels.folder("llama-tied").toString())
                .domain(TrainingPhase.of(1e-3).text(rows, "{text}").batchSize(4).steps(3))
                .set("domain.loggingSteps", 1).set("checkpoint.steps", 1).set("checkpoint.keep", 4)
                .generalPerplexity("boats", rows).output(folder.resolve("runs")).build();
    }

    private JsonArray runs() throws Exception {
        return post("runs/search", "{\"experiment_ids\": [\"1\"]}").getAsJsonArray("runs");
    }

    private static String status(JsonArray runs) {
        assertEquals(1, runs.size(), runs.toString());
        return runs.get(0).getAsJsonObject().getAsJsonObject("info").get("status").getAsString();
    }

    /** What a killed run leaves: MLflow was told of steps that no checkpoint has. */
    private static void loseNewestCheckpoint(Run run) throws IOException {
        try (Stream<Path> checkpoints = Files.list(run.folder().resolve("checkpoints"))) {
            Path newest = checkpoints.filter(each -> each.getFileName().toString().matches("\\d+"))
                    .max(Comparator.naturalOrder()).orElseThrow();
            Files.delete(newest.resolve("state.json"));
        }
    }

    @Test
    void aResumedRunGoesOnInItsMlflowRun() throws Exception {
        List<Long> made = new ArrayList<>();
        try (Ballast ballast = Ballast.open(); MlflowListener listener = new MlflowListener(address, "tiny")) {
            CompletableFuture<Run> started = new CompletableFuture<>();
            Run run = ballast.start(experiment(), listener.andThen(event -> {
                if (event.type().equals("step") && event.step() == 2) {
                    started.join().cancel();
                }
            }));
            started.complete(run);
            assertThrows(StoppedException.class, run::result);
            assertEquals("KILLED", status(runs()));
            loseNewestCheckpoint(run);
            ballast.resume(run.folder(), listener.andThen(event -> {
                if (event.type().equals("step")) {
                    made.add(event.step());
                }
            })).result();
        }
        assertEquals(List.of(2L, 3L), made);
        JsonArray runs = runs();
        assertEquals("FINISHED", status(runs));
        JsonObject info = runs.get(0).getAsJsonObject().getAsJsonObject("info");
        String asked = "/api/2.0/mlflow/metrics/get-history?metric_key=domain/loss&run_id="
                + info.get("run_id").getAsString();
        JsonObject history = JsonParser.parseString(CLIENT.send(HttpRequest.newBuilder(address.resolve(asked)).build(),
                BodyHandlers.ofString()).body()).getAsJsonObject();
        assertEquals(List.of(1L, 2L, 3L), history.getAsJsonArray("metrics").asList().stream()
                .map(point -> point.getAsJsonObject().get("step").getAsLong()).toList());
    }

    @Test
    void mlflowHasTheRunsSettingsStepsScoresAndResult() throws Exception {
        Result result;
        try (Ballast ballast = Ballast.open(); MlflowListener listener = new MlflowListener(address, "tiny")) {
            result = ballast.run(experiment(), listener);
        }
        JsonObject run = runs().get(0).getAsJsonObject();
        JsonObject info = run.getAsJsonObject("info");
        assertEquals("FINISHED", info.get("status").getAsString());
        assertTrue(info.get("run_name").getAsString().startsWith("boats-"), info.toString());
        String data = run.get("data").toString();
        assertTrue(data.contains("{\"key\":\"domain.learningRate\",\"value\":\"0.001\"}"), data);
        assertTrue(data.contains("\"key\":\"domain/loss\"") && data.contains("\"step\":3"), data);
        double perplexity = result.scores().get(0).value();
        assertTrue(data.contains("\"key\":\"base/boats/perplexity\",\"value\":" + perplexity), data);
        assertEquals(result.toJson(), Files.readString(folder.resolve("artifacts/1/" + info.get("run_id").getAsString()
                + "/artifacts/result.json")));
    }
}
