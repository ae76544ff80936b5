package io.ballast.python;

import io.ballast.MissingEnvironmentException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;

/** The versions that this jar was built with, to be compared with what Python has. */
final class Versions {
    private static final Properties BUILT = read();

    private Versions() {
    }

    private static Properties read() {
        try (InputStream stream = Versions.class.getResourceAsStream("versions.properties")) {
            Properties built = new Properties();
            built.load(stream);
            return built;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return of Ballast, as Maven has it */
    static String ballast() {
        return BUILT.getProperty("ballast");
    }

    /** @return of Jep */
    static String jep() {
        return BUILT.getProperty("jep");
    }

    /**
     * Compares both sides.
     *
     * @param python versions by name, as {@code ballast.bridge} tells them
     * @param where  the package was found
     * @throws MissingEnvironmentException when they do not belong together
     */
    static void check(Map<String, Object> python, Object where) {
        check("Ballast's Python package", ballast().replace("-SNAPSHOT", ""), python.get("ballast"),
                "found it in " + where + ". Take both of one version: set ballast.home, or leave it out to use the jar's own.");
        check("Jep", jep(), python.get("jep"), "Install that one: pip install jep==" + jep() + ".");
    }

    private static void check(String what, String expected, Object found, String advice) {
        if (!expected.equals(found)) {
            throw new MissingEnvironmentException("Expected " + what + " " + expected + ", as Java has it; Python has "
                    + found + ". " + advice);
        }
    }
}
