package io.ballast.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Sets up slf4j-simple for the command line; must come before the first logger. */
final class Logging {
    private static final String PREFIX = "org.slf4j.simpleLogger.";
    private static RankProcess rank;
    private static RankProcess.Log rankLog;

    private Logging() {
    }

    /** What this process says goes nowhere until {@link #into}: it is a rank that does not speak. */
    static void keepFor(RankProcess process) {
        rank = process;
        rankLog = new RankProcess.Log();
        System.setErr(new PrintStream(rankLog, true, StandardCharsets.UTF_8));
    }

    /** Of a rank that does not speak: what it said, and says from now on, stands in the run folder. */
    static void into(Path runFolder) {
        if (rankLog != null) {
            rankLog.moveTo(runFolder.resolve("ranks").resolve("rank-" + rank.rank() + ".log"));
        }
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
