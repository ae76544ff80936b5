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
import java.util.List;
import java.util.Map;

/** A run's events: each goes to {@code events.jsonl}, its numbers to TensorBoard, and to the listener. */
final class EventLog implements AutoCloseable {
    /** The first event, with the run's name and folder. */
    static final String STARTED = "started";

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
            scalars = bridge.scalars().open(tensorboard);
            List<RunEvent> kept = Files.readAllLines(file).stream().map(RunEvent::parse).toList();
            kept.forEach(this::addScalars);
            kept.stream().filter(event -> event.type().equals(STARTED)).findFirst().ifPresent(this::tellAgain);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + file, e);
        }
    }

    /** Who listens to a run that goes on must know which it is, and where its folder is now. */
    private void tellAgain(RunEvent started) {
        Map<String, Object> fields = new LinkedHashMap<>(started.fields());
        fields.put("folder", file.getParent().toString());
        listener.event(new RunEvent(started.time(), STARTED, started.phase(), started.step(), fields));
    }

    void add(String type, String phase, long step, Map<String, Object> fields) {
        if (isMuted()) {
            return;
        }
        RunEvent event = new RunEvent(Instant.now(), type, phase, step, fields);
        write(event);
        addScalars(event);
        listener.event(event);
    }

    /** TensorBoard's files cannot be cut where events can: they are made again of the events that stay. */
    private void addScalars(RunEvent event) {
        Map<String, Double> values = new LinkedHashMap<>();
        event.fields().forEach((name, value) -> {
            if (value instanceof Number number && event.type().equals("step")) {
                values.put(event.phase() + "/" + name, number.doubleValue());
            }
        });
        if (!values.isEmpty()) {
            bridge.scalars().add(scalars, event.step(), values);
        }
    }

    /** Tells the listener only: too frequent to keep, or kept already. */
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
