package io.ballast.train;

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
    private final Writer lines;
    private final Bridge bridge;
    private final long scalars;
    private final RunListener listener;

    EventLog(Path runFolder, Bridge bridge, RunListener listener) {
        try {
            lines = Files.newBufferedWriter(runFolder.resolve(RunEvent.FILE));
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
        try {
            lines.write(event.toJson());
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
