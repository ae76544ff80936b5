package io.ballast.cli;

import io.ballast.InvalidInputException;
import io.ballast.RunEvent;
import io.ballast.RunListener;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a program how a run goes: a line for each event, as in {@code events.jsonl}, and for progress that is not kept
 * there. A pipe keeps them apart from messages (standard error) and from the result (standard output).
 */
final class EventStream implements RunListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

    private final Path file;
    private Writer lines;

    private EventStream(Path file, Writer lines) {
        this.file = file;
        this.lines = lines;
    }

    /** To a file or pipe; to nobody where that is null. */
    static EventStream of(String file) {
        if (file == null) {
            return new EventStream(null, null);
        }
        Path path = ExperimentArgument.path(file);
        try {
            return new EventStream(path, Files.newBufferedWriter(path));
        } catch (IOException e) {
            throw new InvalidInputException("--events: expected a file or pipe that can be written, found " + e
                    + ". Name another.", e);
        }
    }

    /** A reader that went away does not end the run. */
    @Override
    public void event(RunEvent event) {
        if (lines == null) {
            return;
        }
        try {
            lines.write(event.toJson() + "\n");
            lines.flush();
        } catch (IOException e) {
            lines = null;
            LOG.warn("Nobody reads the events in {} any more: {}", file,
                    e.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            if (lines != null) {
                lines.close();
            }
        } catch (IOException e) {
            lines = null;
        }
    }
}
