package io.ballast.train;

import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.compare.CalibrationChange;
import io.ballast.compare.ScoreChange;
import io.ballast.compare.SubjectChange;
import io.ballast.compare.TaskChanges;
import io.ballast.eval.Score;
import io.ballast.eval.TrainTestMatrix;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What is known of a run so far; a {@link Result} of it can be made at any moment. */
final class RunRecord {
    private final String name;
    private final RunFolder folder;
    private String started = now();
    private final List<Score> scores = new ArrayList<>();
    private final List<Score> groups = new ArrayList<>();
    private final List<ScoreChange> forgetting = new ArrayList<>();
    private final List<ScoreChange> learned = new ArrayList<>();
    private final List<CalibrationChange> calibration = new ArrayList<>();
    private final List<SubjectChange> subjects = new ArrayList<>();
    private final List<TrainTestMatrix> matrices = new ArrayList<>();
    private final List<Result.Phase> phases = new ArrayList<>();
    private final Map<String, String> artifacts = new LinkedHashMap<>();
    private final Map<String, Object> environment = new LinkedHashMap<>();
    private Result.Importance importance;
    private Forecast forecast;
    private String status = "completed";
    private String message;

    RunRecord(String name, RunFolder folder) {
        this.name = name;
        this.folder = folder;
        artifacts.put("experiment", Experiment.FILE);
        artifacts.put("events", RunEvent.FILE);
        artifacts.put("report", "report.html");
        artifacts.put("card", "README.md");
    }

    /** Puts back what was recorded up to a checkpoint. */
    void restore(Result before) {
        started = before.started();
        environment.clear();
        environment.putAll(before.environment());
        replace(scores, before.scores());
        replace(groups, before.groups());
        replace(matrices, before.matrices());
        replace(phases, before.phases());
        importance = before.importance();
        forecast = before.forecast();
        artifacts.putAll(before.artifacts());
    }

    private static <T> void replace(List<T> present, List<T> before) {
        present.clear();
        present.addAll(before);
    }

    /** On how many ranks the run was begun, where that is recorded. */
    OptionalInt ranks() {
        return environment.get("ranks") instanceof Number number ? OptionalInt.of(number.intValue()) : OptionalInt.empty();
    }

    void stopped(String why) {
        status = "stopped";
        message = why;
    }

    void failed(String why) {
        status = "failed";
        message = why;
    }

    void environment(Map<String, Object> values) {
        environment.putAll(values);
    }

    /** Hashes of plug-ins by name. */
    void plugins(Map<String, Object> hashes) {
        if (!hashes.isEmpty()) {
            environment.put("plugins", hashes);
        }
    }

    void scores(List<Score> ofTasks, List<Score> ofGroups) {
        scores.addAll(ofTasks);
        groups.addAll(ofGroups);
    }

    List<Score> scores() {
        return List.copyOf(scores);
    }

    void matrices(List<TrainTestMatrix> all) {
        matrices.clear();
        matrices.addAll(all);
    }

    /** What was foreseen, or null. */
    void forecast(Forecast foreseen) {
        forecast = foreseen;
    }

    void forgetting(TaskChanges general) {
        forgetting.addAll(general.scores());
        calibration.addAll(general.calibration());
        subjects.addAll(general.subjects());
    }

    void learned(TaskChanges domain) {
        learned.addAll(domain.scores());
        calibration.addAll(domain.calibration());
        subjects.addAll(domain.subjects());
    }

    void phase(Result.Phase phase) {
        phases.add(phase);
    }

    List<Result.Phase> phases() {
        return List.copyOf(phases);
    }

    void artifact(String kind, Path path) {
        artifacts.put(kind, folder.path().relativize(path).toString());
    }

    void importance(Map<String, Object> info, double secondsAdded, double lossGained) {
        List<Result.Layer> layers = ((List<?>) info.get("layers")).stream().map(layer -> layer((Map<?, ?>) layer))
                .toList();
        importance = new Result.Importance((String) info.get("method"), secondsAdded, number(info, "bytes").longValue(),
                number(info, "importanceBytes").longValue(), number(info, "modelBytes").longValue(),
                (String) info.get("storage"), real(info, "storageError"), real(info, "sumOmega"), lossGained,
                real(info, "clampedShare"), real(info, "xi"),
                info.get("samples") == null ? null : number(info, "samples").longValue(),
                number(info, "alphaEntropy").doubleValue(), layers);
    }

    private static Result.Layer layer(Map<?, ?> layer) {
        return new Result.Layer((String) layer.get("name"), number(layer, "parameters").longValue(),
                number(layer, "norm").doubleValue(), number(layer, "rms").doubleValue(),
                number(layer, "alpha").doubleValue());
    }

    private static Double real(Map<?, ?> values, String name) {
        return values.get(name) == null ? null : number(values, name).doubleValue();
    }

    private static Number number(Map<?, ?> values, String name) {
        return (Number) values.get(name);
    }

    Result result() {
        return new Result(1, name, status, message, started, now(), new LinkedHashMap<>(environment), List.copyOf(scores),
                List.copyOf(groups), List.copyOf(forgetting), List.copyOf(learned), List.copyOf(calibration),
                List.copyOf(subjects), List.copyOf(matrices), List.copyOf(phases), importance,
                forecast, folder.bytes(), Map.copyOf(artifacts));
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
