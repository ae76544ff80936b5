package io.ballast.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The course of one phase, by columns. A long run has more points than a screen has pixels, so at most
 * {@link #MOST_POINTS} are kept, evenly, the last one always.
 *
 * @param phase the phase's name
 * @param steps its {@code step} events
 */
record LossCurve(String phase, List<Fields> steps) {
    /** Points of a curve that a report carries. */
    static final int MOST_POINTS = 1_000;
    private static final List<String> COLUMNS =
            List.of("step", "loss", "learningRate", "penalty", "gradientNorm", "tokensPerSecond");

    static List<LossCurve> of(List<Fields> events) {
        Map<String, List<Fields>> byPhase = new LinkedHashMap<>();
        events.stream().filter(event -> event.text("type").filter("step"::equals).isPresent())
                .forEach(event -> byPhase.computeIfAbsent(event.text("phase").orElse("training"),
                        phase -> new ArrayList<>()).add(event));
        return byPhase.entrySet().stream().map(entry -> new LossCurve(entry.getKey(), entry.getValue())).toList();
    }

    JsonObject toJson() {
        List<Fields> kept = thinned();
        JsonObject json = new JsonObject();
        json.addProperty("phase", phase);
        json.addProperty("points", steps.size());
        COLUMNS.forEach(column -> json.add(column, column(kept, column)));
        return json;
    }

    private List<Fields> thinned() {
        int stride = Math.max(1, (steps.size() + MOST_POINTS - 1) / MOST_POINTS);
        List<Fields> kept = new ArrayList<>();
        for (int i = (steps.size() - 1) % stride; i < steps.size(); i += stride) {
            kept.add(steps.get(i));
        }
        return kept;
    }

    private static JsonArray column(List<Fields> points, String name) {
        JsonArray values = new JsonArray();
        points.forEach(point -> values.add(Double.isFinite(point.number(name)) ? point.json().get(name) : null));
        return values;
    }
}
