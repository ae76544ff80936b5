package io.ballast.config;

/** How a plug-in in Python is named: a class or function of a module. */
public final class PluginName {
    /** {@code package.module:Name}. */
    public static final String PATTERN = "[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*";

    /** That a call of one may take unless the experiment says otherwise. */
    public static final String SECONDS = "600";

    private PluginName() {
    }
}
