package io.ballast;

import java.util.Arrays;

/**
 * Code of the user's own that an experiment names, in Python or found by Java's {@code ServiceLoader}, is not there or
 * failed. The message names its file and line. Exit code 2.
 */
public class PluginException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what was expected, what was found, where, and what to do
     * @param cause   what it was noticed by
     */
    public PluginException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * A plug-in in Java that threw.
     *
     * @param what   what it is, such as "the source tickets"
     * @param plugin its class
     * @param cause  what it threw
     * @return an exception whose message has the line of the plug-in that ran last
     */
    public static PluginException of(String what, Class<?> plugin, Throwable cause) {
        String place = Arrays.stream(cause.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith(plugin.getName())).findFirst()
                .map(frame -> " at " + frame.getFileName() + ", line " + frame.getLineNumber()).orElse("");
        return new PluginException(what + " (" + plugin.getName() + ") failed" + place + ": " + cause, cause);
    }
}
