package io.ballast.train;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.data.WholeFiles;
import io.ballast.python.Bridge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A run's events: each goes to {@code events.jsonl}, its numbers to TensorBoard, and to the listener. */
final class EventLog implements AutoCloseable {
    private final Path file;
    private final Path tensorboard;
    private final Bridge bridge;
    private final RunListener listener;
    /** Null while events are not written. */
    private Writer lines;
    private long scalars;
    private boolean isSilent;

    private EventLog(Path runFolder, Bridge bridge, RunListener listener) {
        this.file = runFolder.resolve(RunEvent.FILE);
        this.tensorboard = runFolder.resolve("tensorboard");
        this.bridge = bridge;
        this.listener = listener;
    }

    /** Begins a run's events. */
    static EventLog begin(Path runFolder, Bridge bridge, RunListener listener) {
        EventLog log = new EventLog(runFolder, bridge, listener);
        log.goOn(0);
        return log;
    }

    /** Of a run that is resumed: until {@link #goOn} events happen for the second time, and are not told. */
    static EventLog resume(Path runFolder, Bridge bridge, RunListener listener) {
        return new EventLog(runFolder, bridge, listener);
    }

    /** Of a rank that does not speak: nothing is ever written or told. */
    static EventLog silent(Path runFolder, Bridge bridge) {
        EventLog log = new EventLog(runFolder, bridge, RunListener.NONE);
        log.isSilent = true;
        return log;
    }

    /** Whether events are not written, or not yet. */
    boolean isMuted() {
        return lines == null;
    }

    /** Bytes of all events so far. */
    long bytes() {
        return file.toFile().length();
    }

    /** Writes events from now on, behind the first {@code bytes} of what there is; the rest is taken away. */
    void goOn(long bytes) {
        if (isSilent) {
            return;
        }
        try {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.truncate(bytes);
            }
            lines = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
            WholeFiles.delete(tensorboard);
            scalars = bridge.openScalars(tensorboard);
            for (String line : Files.readAllLines(file)) {
                addScalars(RunEvent.parse(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + file, e);
        }
    }

    /** TensorBoard's files cannot be cut where events can: they are made again. A NaN is read back as a text. */
    private void addScalars(RunEvent event) {
        Map<String, Object> fields = new LinkedHashMap<>();
        event.fields().forEach((name, value) -> number(String.valueOf(value))
                .ifPresent(number -> fields.put(name, number)));
        addScalars(event.type(), event.phase(), event.step(), fields);
    }

    private static Optional<Double> number(String text) {
        try {
            return Optional.of(Double.valueOf(text));
        } catch (NumberFormatException aWord) {
            return Optional.empty();
        }
    }

    void add(String type, String phase, long step, Map<String, Object> fields) {
        if (isMuted()) {
            return;
        }
        RunEvent event = new RunEvent(Instant.now(), type, phase, step, fields);
        write(event);
        addScalars(type, phase, step, fields);
        listener.event(event);
    }

    private void addScalars(String type, String phase, long step, Map<String, Object> fields) {
        Map<String, Double> values = new LinkedHashMap<>();
        fields.forEach((name, value) -> {
            if (value instanceof Number number && type.equals("step")) {
                values.put(phase + "/" + name, number.doubleValue());
            }
        });
        if (!values.isEmpty()) {
            bridge.addScalars(scalars, step, values);
        }
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
        if (isMuted()) {
            return;
        }
        bridge.release(scalars);
        try {
            lines.close();
        } catch (IOException e) {
            throw new UncheckedIOException("could not write events.jsonl", e);
        }
    }
}
