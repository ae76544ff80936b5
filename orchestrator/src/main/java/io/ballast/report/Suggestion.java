package io.ballast.report;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One thing to try next.
 *
 * @param title    what to do, in a few words
 * @param reason   the number and the rule behind it
 * @param settings {@code key=value} overrides of this run's experiment; empty where a command would not do
 * @param command  whether running the experiment, with the settings, is the thing to do
 */
record Suggestion(String title, String reason, List<String> settings, boolean command) {
    private static final Pattern NEEDS_NO_QUOTES = Pattern.compile("[A-Za-z0-9_./:=,@%+-]+");

    /** Advice that no command line expresses. */
    static Suggestion advice(String title, String reason) {
        return new Suggestion(title, reason, List.of(), false);
    }

    static Suggestion run(String title, String reason, String... settings) {
        return new Suggestion(title, reason, List.of(settings), true);
    }

    /** @return the command for a POSIX shell, or an empty text */
    String commandLine(String experiment) {
        StringBuilder line = new StringBuilder(command ? "ballast run " + quoted(experiment) : "");
        settings.forEach(setting -> line.append(" --set ").append(quoted(setting)));
        return line.toString();
    }

    JsonObject toJson(String experiment) {
        JsonObject json = new JsonObject();
        json.addProperty("title", title);
        json.addProperty("reason", reason);
        json.addProperty("command", commandLine(experiment));
        return json;
    }

    private static String quoted(String text) {
        return NEEDS_NO_QUOTES.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
