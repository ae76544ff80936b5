package io.ballast.checkpoint;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.ToNumberPolicy;
import io.ballast.Result;
import io.ballast.schema.JsonRecord;
import io.ballast.schema.MayBeAbsent;
import java.util.List;
import java.util.Map;

/**
 * What a checkpoint says beside its tensors.
 *
 * @param schema     {@value #SCHEMA}
 * @param experiment that the run is of, every default written out
 * @param identities hashes of what the run depends on, by what it is called
 * @param passed     phases and evaluations that are done, in order
 * @param model      folder of the trained parameters after them, relative to the folder of checkpoints; null where they
 *                   are as they were opened
 * @param trained    whether a phase was begun, so that there is a model worth saving
 * @param inside     how far the phase under way is, or null between phases; its tensors are the checkpoint's own
 * @param eventBytes of {@code events.jsonl} that belong to the checkpoint
 * @param result     what the run recorded so far
 */
public record CheckpointState(int schema, JsonObject experiment, Map<String, String> identities, List<String> passed,
        @MayBeAbsent String model, boolean trained, @MayBeAbsent PhasePosition inside, long eventBytes, Result result) {
    /** Of the form that is written now. */
    public static final int SCHEMA = 1;

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

    String toJson() {
        return GSON.toJson(this);
    }

    /** @throws JsonParseException when it is no such state */
    static CheckpointState parse(String json) {
        JsonRecord.checkSchema(GSON, json, SCHEMA);
        CheckpointState state = JsonRecord.parse(GSON, json, CheckpointState.class);
        if (state.model != null && !state.model.matches("\\d{6,}/" + CheckpointStore.TENSORS)) {
            throw new JsonParseException("the model " + state.model + ", which is no checkpoint's");
        }
        return state;
    }
}
