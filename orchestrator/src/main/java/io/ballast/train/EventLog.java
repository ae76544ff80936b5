package io.ballast.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.python.Bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** A run's events: each goes to {@code events.jsonl}, its numbers to TensorBoard, and to the listener. */
final class EventLog implements AutoCloseable {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeSpecialFloatingPointValues()
            .create();

    private final Writer lines;
    private final Bridge bridge;
    private final long scalars;
    private final RunListener listener;

    EventLog(Path runFolder, Bridge bridge, RunListener listener) {
        try {
            lines = Files.newBufferedWriter(runFolder.resolve("events.jsonl"));
        } catch (IOException e) {
            throw new UncheckedIOException("could not write events.jsonl in " + runFolder, e);
        }
        this.bridge = bridge;
        this.scalars = bridge.openScalars(runFolder.resolve("tensorboard"));
        this.listener = listener;
    }

    void add(String type, String phase, long step, Map<String, Object> fields) {
        RunEvent event = new RunEvent(Instant.now(), type, phase, step, fields);
        write(event);
        Map<String, Double> values = new LinkedHashMap<>();
        fields.forEach((name, value) -> {
            if (value instanceof Number number && type.equals("step")) {
                values.put(phase + "/" + name, number.doubleValue());
            }
        });
        if (!values.isEmpty()) {
            bridge.addScalars(scalars, step, values);
        }
        listener.event(event);
    }

    /** Tells the listener only: too frequent to keep. */
    void progress(String type, String phase, long step, Map<String, Object> fields) {
        listener.event(new RunEvent(Instant.now(), type, phase, step, fields));
    }

    private void write(RunEvent event) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", event.time().toString());
        line.put("type", event.type());
        line.put("phase", event.phase());
        line.put("step", event.step());
        line.putAll(event.fields());
        try {
            lines.write(GSON.toJson(line));
            lines.write('\n');
            lines.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("could not write events.jsonl", e);
        }
    }

    @Override
    public void close() {
        bridge.release(scalars);
        try {
            lines.close();
        } catch (IOException e) {
            throw new UncheckedIOException("could not write events.jsonl", e);
        }
    }
}
