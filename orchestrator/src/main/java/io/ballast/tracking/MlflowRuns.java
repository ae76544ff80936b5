package io.ballast.tracking;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.data.WholeFiles;
import io.ballast.eval.Score;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What each event is in MLflow. A run that could not be begun there is not told of. Used by one thread. */
final class MlflowRuns {
    /** MLflow takes so many parameters, and ten times as many metrics, in a request. */
    private static final int PARAMETERS_AT_ONCE = 100;
    private static final Map<String, String> STATUS = Map.of("completed", "FINISHED", "stopped", "KILLED");
    private static final String NOT_IN_A_KEY = "[^\\w\\-. /:]";

    /** In the run folder: which MLflow run it is, so that a resumed run goes on with it. */
    private static final String FILE = "mlflow.json";

    private final MlflowServer server;
    private final String experiment;
    private String run;
    private String artifacts;
    private Path folder;
    /** Of a resumed run: the last step of each metric that MLflow has. Steps after a checkpoint are made again. */
    private final Map<String, Long> toldBefore = new HashMap<>();

    MlflowRuns(MlflowServer server, String experiment) {
        this.server = server;
        this.experiment = experiment;
    }

    void event(RunEvent event) {
        if (event.type().equals("started")) {
            begin(event);
        } else if (run != null) {
            switch (event.type()) {
                case "step" -> step(event);
                case "scores" -> scores(event);
                case "finished" -> end(event);
                default -> { }
            }
        }
    }

    private void begin(RunEvent event) {
        run = null;
        toldBefore.clear();
        folder = Path.of((String) event.fields().get("folder"));
        Optional<JsonObject> resumed = begunBefore();
        JsonObject info = resumed.orElseGet(() -> create(event));
        run = info.get("run_id").getAsString();
        artifacts = info.get("artifact_uri").getAsString();
        if (resumed.isPresent()) {
            server.post("runs/update", Map.of("run_id", run, "status", "RUNNING"));
        } else {
            describe();
        }
    }

    /** The run that was begun there for this folder, if it is still there. */
    private Optional<JsonObject> begunBefore() {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            String id = JsonParser.parseString(Files.readString(file)).getAsJsonObject().get("run_id").getAsString();
            Optional<JsonObject> found = server.find("runs/get", "run_id", id)
                    .filter(answer -> info(answer).get("lifecycle_stage").getAsString().equals("active"));
            found.ifPresent(this::rememberTold);
            return found.map(MlflowRuns::info);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void rememberTold(JsonObject answer) {
        JsonObject data = answer.getAsJsonObject("run").getAsJsonObject("data");
        JsonArray metrics = data == null ? null : data.getAsJsonArray("metrics"); // MLflow leaves out what is empty
        if (metrics != null) {
            metrics.forEach(metric -> toldBefore.put(metric.getAsJsonObject().get("key").getAsString(),
                    metric.getAsJsonObject().get("step").getAsLong()));
        }
    }

    private JsonObject create(RunEvent event) {
        return info(server.post("runs/create", Map.of("experiment_id", server.experiment(experiment),
                "run_name", folder.getFileName().toString(), "start_time", milliseconds(event.time()))));
    }

    private static JsonObject info(JsonObject answer) {
        return answer.getAsJsonObject("run").getAsJsonObject("info");
    }

    private void describe() {
        JsonObject known = new JsonObject();
        known.addProperty("run_id", run);
        try {
            WholeFiles.write(folder.resolve(FILE), known.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Map<String, String>> settings = ExperimentParameters.of(folder.resolve(Experiment.FILE));
        for (int from = 0; from < settings.size(); from += PARAMETERS_AT_ONCE) {
            log("params", settings.subList(from, Math.min(settings.size(), from + PARAMETERS_AT_ONCE)));
        }
    }

    private void step(RunEvent event) {
        Map<String, Double> values = new LinkedHashMap<>();
        event.fields().forEach((name, value) -> {
            if (value instanceof Number number && !name.equals("steps")) {
                values.put(event.phase() + "/" + name, number.doubleValue());
            }
        });
        logMetrics(event, values);
    }

    private void scores(RunEvent event) {
        Map<String, Double> values = new LinkedHashMap<>();
        ((List<?>) event.fields().get("scores")).stream().map(Score.class::cast).forEach(
                score -> values.put(String.join("/", score.stage(), score.task(), score.metric()), score.value()));
        logMetrics(event, values);
    }

    private void logMetrics(RunEvent event, Map<String, Double> values) {
        List<Map<String, Object>> metrics = new ArrayList<>();
        values.forEach((name, value) -> {
            String key = name.replaceAll(NOT_IN_A_KEY, "_");
            if (event.step() > toldBefore.getOrDefault(key, -1L)) {
                metrics.add(metric(event, key, value));
            }
        });
        if (!metrics.isEmpty()) {
            log("metrics", metrics);
        }
    }

    private void end(RunEvent event) {
        for (String file : List.of(Experiment.FILE, Result.FILE)) {
            if (Files.exists(folder.resolve(file))) {
                server.artifact(artifacts, folder.resolve(file));
            }
        }
        server.post("runs/update", Map.of("run_id", run, "end_time", milliseconds(event.time()), "status",
                STATUS.getOrDefault(String.valueOf(event.fields().get("status")), "FAILED")));
    }

    private void log(String kind, List<?> entries) {
        server.post("runs/log-batch", Map.of("run_id", run, kind, entries));
    }

    /** As text where it is no finite number, which JSON has not. */
    private static Map<String, Object> metric(RunEvent event, String key, double value) {
        return Map.of("key", key, "value", Double.isFinite(value) ? value
                : String.valueOf(value), "timestamp", milliseconds(event.time()), "step", event.step());
    }

    private static long milliseconds(Instant time) {
        return time.toEpochMilli();
    }
}
