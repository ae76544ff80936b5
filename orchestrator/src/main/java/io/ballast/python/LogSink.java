package io.ballast.python;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** What Python logs, warns of or prints, passed on to SLF4J. Python calls it on the interpreter's thread. */
public final class LogSink {
    private static final int PYTHON_ERROR = 40;
    private static final int PYTHON_WARNING = 30;
    private static final int PYTHON_INFO = 20;

    /**
     * Passes one record on.
     *
     * @param logger  Python's logger name
     * @param level   Python's level: 40 error, 30 warning, 20 info, less is debug
     * @param message the text
     */
    public void log(String logger, long level, String message) {
        Logger target = LoggerFactory.getLogger("python." + logger);
        target.atLevel(levelOf(level)).log(message);
    }

    private static Level levelOf(long level) {
        if (level >= PYTHON_ERROR) {
            return Level.ERROR;
        }
        if (level >= PYTHON_WARNING) {
            return Level.WARN;
        }
        return level >= PYTHON_INFO ? Level.INFO : Level.DEBUG;
    }
}
