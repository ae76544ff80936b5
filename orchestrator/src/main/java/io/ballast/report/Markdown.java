package io.ballast.report;

import java.util.List;
import java.util.stream.Collectors;

/** Markdown in which data stays data: no cell can break its table, start a tag or become a link. */
final class Markdown {
    private Markdown() {
    }

    /** @return a section with its heading; empty where it has no content */
    static String section(String heading, String content) {
        return content.isEmpty() ? "" : "## " + heading + "\n\n" + content;
    }

    /** @return a table; empty where it has no rows */
    static String table(List<String> header, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return "";
        }
        String rule = header.stream().map(title -> "---").collect(Collectors.joining(" | ", "| ", " |\n"));
        return row(header) + rule + rows.stream().map(Markdown::row).collect(Collectors.joining());
    }

    private static String row(List<String> cells) {
        return cells.stream().map(Markdown::text).collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** @return the text on one line, with what Markdown or HTML would read as markup escaped */
    static String text(String text) {
        return text.replaceAll("[\\s\\u0085\\u2028\\u2029]+", " ").strip()
                .replaceAll("[\\\\`*_\\[\\]|#]", "\\\\$0").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
