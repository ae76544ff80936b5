package io.ballast.cli;

import java.util.Map;

/** Sets up slf4j-simple for the command line; must come before the first logger. */
final class Logging {
    private static final String PREFIX = "org.slf4j.simpleLogger.";

    private Logging() {
    }

    /** Logs to standard error: warnings, or errors only, or what Ballast does as well. Given properties win. */
    static void configure(boolean quiet, boolean verbose) {
        Map<String, String> settings = Map.of(
                "logFile", "System.err",
                "showThreadName", "false",
                "showShortLogName", "true",
                "levelInBrackets", "true",
                "defaultLogLevel", verbose ? "info" : quiet ? "error" : "warn",
                "log.io.ballast", verbose ? "debug" : quiet ? "error" : "warn");
        settings.forEach((name, value) -> {
            if (System.getProperty(PREFIX + name) == null) {
                System.setProperty(PREFIX + name, value);
            }
        });
    }
}
