package io.ballast.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One self-contained HTML page. Its Content-Security-Policy allows the two scripts by their hashes and
 * nothing else: no request leaves the page, and no text in the data can become a script.
 */
final class Page {
    /** Line, bar and tooltip with the SVG painter: the smallest bundle of the webjar that has all four. */
    private static final String CHARTS = "dist/echarts.common.min.js";
    private static final String CHARTS_POM = "META-INF/maven/org.webjars.npm/echarts/pom.properties";
    private static final List<String> SCRIPTS = List.of("dom.js", "format.js", "summary.js", "scores.js", "calibration.js", "subjects.js",
            "matrix.js", "charts.js",
            "importance.js", "flips.js", "cost.js", "provenance.js", "report.js");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

    private Page() {
    }

    /** @param data JSON that may stand in a script element */
    static String of(String data) {
        String charts = charts();
        String script = "\n" + SCRIPTS.stream().map(Page::resource).collect(Collectors.joining("\n"));
        return fill(resource("report.html"), Map.of("style", resource("report.css"), "charts", charts, "script", script,
                "data", data, "chartsHash", hash(charts), "scriptHash", hash(script)));
    }

    /** One pass over the template: what is filled in is never searched for placeholders. */
    private static String fill(String template, Map<String, String> parts) {
        Matcher matcher = PLACEHOLDER.matcher(template);
        StringBuilder page = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(page, Matcher.quoteReplacement(parts.get(matcher.group(1))));
        }
        return matcher.appendTail(page).toString();
    }

    private static String charts() {
        Matcher version = Pattern.compile("(?m)^version=(\\S+)").matcher(ofAnyModule(CHARTS_POM));
        if (!version.find()) {
            throw new IllegalStateException("No version in " + CHARTS_POM);
        }
        return ofAnyModule("META-INF/resources/webjars/echarts/" + version.group(1) + "/" + CHARTS);
    }

    private static String resource(String name) {
        return read(name, Page.class.getResourceAsStream(name));
    }

    /** A class asks its own module alone, where there are modules; its loader asks all of them. */
    private static String ofAnyModule(String name) {
        return read(name, Page.class.getClassLoader().getResourceAsStream(name));
    }

    private static String read(String name, InputStream found) {
        try (InputStream in = Objects.requireNonNull(found, () -> "The class path lacks " + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + name + " from the class path", e);
        }
    }

    private static String hash(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
