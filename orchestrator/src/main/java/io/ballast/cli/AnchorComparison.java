package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.ballast.Ballast;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Two anchors side by side: how they came about, and whether they hold the same parameters. */
final class AnchorComparison {
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();
    private static final int SHOWN_OF_A_HASH = 16;

    private final Path first;
    private final Path second;
    private final Map<String, Object> compared;

    private AnchorComparison(Path first, Path second, Map<String, Object> compared) {
        this.first = first;
        this.second = second;
        this.compared = compared;
    }

    /** Reads both with their tensors, which takes Python. */
    static AnchorComparison of(Path first, Path second) {
        try (Ballast ballast = Ballast.open()) {
            return new AnchorComparison(first, second, ballast.bridge().anchors().compare(first, second));
        }
    }

    String document() {
        return Documents.wrapped("comparison", GSON.toJson(compared));
    }

    String text() {
        return "A           " + first + "\nB           " + second + "\n\n" + facts() + "\n" + layers() + String.format(
                "%nSpearman's rank correlation of Ω, and the share of the largest 1 %% that is in both (1 %% by chance).%n");
    }

    private TextTable facts() {
        TextTable table = new TextTable("", "A", "B", "same");
        objects("facts").forEach(fact -> table.row(List.of((String) fact.get("name"), shown(fact.get("first")),
                shown(fact.get("second")), fact.get("same").equals(true) ? "yes" : "no")));
        List<?> mean = (List<?>) compared.get("mean");
        table.row(List.of("mean Ω", shown(mean.get(0)), shown(mean.get(1)), ""));
        return table;
    }

    private TextTable layers() {
        TextTable table = new TextTable("layer", "parameters", "rank correlation", "top 1 % in both");
        objects("layers").forEach(layer -> table.row(row((String) layer.get("name"),
                String.format(Locale.ROOT, "%,d", ((Number) layer.get("elements")).longValue()), layer)));
        table.row(row("all", "", compared));
        return table;
    }

    private static List<String> row(String name, String elements, Map<?, ?> agreement) {
        Object correlation = agreement.get("rankCorrelation");
        Object overlap = agreement.get("topOverlap");
        return List.of(name, elements,
                correlation == null ? "-" : String.format(Locale.ROOT, "%.4f", ((Number) correlation).doubleValue()),
                overlap == null ? "-" : Numbers.percent(((Number) overlap).doubleValue()));
    }

    private static String shown(Object value) {
        if (value == null) {
            return "-";
        }
        if (value instanceof Double number) {
            return String.format(Locale.ROOT, "%.4g", number);
        }
        String text = value.toString();
        return text.length() <= SHOWN_OF_A_HASH ? text : text.substring(0, SHOWN_OF_A_HASH) + "…";
    }

    private List<Map<?, ?>> objects(String key) {
        return ((List<?>) compared.get(key)).stream().<Map<?, ?>>map(Map.class::cast).toList();
    }
}
