package io.ballast.schema;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.artifacts.AnchorDescription;
import io.ballast.artifacts.SampleLine;
import io.ballast.config.ExperimentSchema;
import io.ballast.config.NearestName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The JSON Schemas there are, by the name of what they describe. */
public final class Schemas {
    /** What an experiment's schema is called. */
    public static final String EXPERIMENT = "experiment";

    private static final Map<String, Supplier<JsonObject>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put(EXPERIMENT, ExperimentSchema::json);
        BY_NAME.put("result", () -> numbered(RecordSchema.of(Result.class, "result.json of a run of Ballast"),
                Result.SCHEMA));
        BY_NAME.put("events", () -> EventSchema.json("A line of events.jsonl of a run of Ballast"));
        BY_NAME.put("anchor", () -> numbered(RecordSchema.of(AnchorDescription.class, "anchor.json of an anchor of"
                + " Ballast"), AnchorDescription.SCHEMA));
        BY_NAME.put("samples", () -> RecordSchema.of(SampleLine.class,
                "A line of evaluation/STAGE/samples_TASK_DATE.jsonl, in lm-eval's form"));
    }

    private Schemas() {
    }

    /** @return the names, the experiment's first */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * @param name one of {@link #names()}
     * @return the schema, draft 2020-12; a tree of its own, that may be changed
     * @throws InvalidInputException for another name
     */
    public static JsonObject named(String name) {
        Supplier<JsonObject> schema = BY_NAME.get(name);
        if (schema == null) {
            throw new InvalidInputException("expected the name of a schema, found '" + name + "'. "
                    + NearestName.advice(name, names()));
        }
        return schema.get();
    }

    private static JsonObject numbered(JsonObject schema, int number) {
        schema.getAsJsonObject("properties").getAsJsonObject("schema").add("const", new JsonPrimitive(number));
        return schema;
    }
}
