package io.ballast.schema;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ballast.eval.Score;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON Schema of one line of {@code events.jsonl}: what each has, and what each type adds. */
final class EventSchema {
    private static final Map<String, Class<? extends Record>> ADDED = new LinkedHashMap<>();

    static {
        ADDED.put("started", Started.class);
        ADDED.put("phase", Phase.class);
        ADDED.put("step", Step.class);
        ADDED.put("scoring", Counted.class);
        ADDED.put("writing", Counted.class);
        ADDED.put("scores", Scores.class);
        ADDED.put("warning", Warning.class);
        ADDED.put("smaller-batch", SmallerBatch.class);
        ADDED.put("ended-early", EndedEarly.class);
        ADDED.put("finished", Finished.class);
    }

    private EventSchema() {
    }

    private record Line(String time, String type, String phase, long step) {
    }

    private record Started(String name, String folder) {
    }

    private record Phase(long steps) {
    }

    private record Step(long steps, double loss, double learningRate, double gradientNorm, double penalty,
            double tokensPerSecond) {
    }

    private record Counted(long total) {
    }

    private record Scores(List<Score> scores) {
    }

    private record Warning(String message) {
    }

    private record SmallerBatch(int rows, int before, String message) {
    }

    private record EndedEarly(String rule, String message) {
    }

    private record Finished(String status) {
    }

    static JsonObject json(String title) {
        JsonObject schema = RecordSchema.of(Line.class, title);
        schema.getAsJsonObject("properties").getAsJsonObject("time").addProperty("format", "date-time");
        JsonArray rules = new JsonArray();
        JsonObject definitions = new JsonObject();
        ADDED.forEach((type, fields) -> {
            JsonObject added = RecordSchema.of(fields, "of an event of the type " + type);
            added.remove("$schema");
            if (added.remove("$defs") instanceof JsonObject more) {
                more.asMap().forEach(definitions::add);
            }
            rules.add(rule(type, added));
        });
        schema.add("allOf", rules);
        schema.add("$defs", definitions);
        return schema;
    }

    private static JsonObject rule(String type, JsonObject added) {
        JsonObject word = new JsonObject();
        word.addProperty("const", type);
        JsonObject properties = new JsonObject();
        properties.add("type", word);
        JsonObject condition = new JsonObject();
        condition.add("properties", properties);
        JsonObject rule = new JsonObject();
        rule.add("if", condition);
        rule.add("then", added);
        return rule;
    }
}
