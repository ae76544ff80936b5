package io.ballast.artifacts;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.annotations.SerializedName;
import io.ballast.schema.JsonRecord;
import io.ballast.schema.MayBeAbsent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One item and what a model made of it: a line of {@code samples_TASK_DATE.jsonl}, in lm-eval's form.
 *
 * @param id                index of the row
 * @param doc               the row
 * @param target            the right answer: an index, or a text
 * @param arguments         the texts of each request, {@code arg_0} what is given and {@code arg_1} what is scored, by
 *                          {@code gen_args_N}
 * @param responses         what the model said to each request
 * @param filteredResponses the same through the filter; of a likelihood [log-probability in nats, greedy], as texts
 * @param filter            its name; none without one
 * @param metrics           names of what was measured; each is a key of the line, see {@link #values()}
 * @param docHash           lm-eval's hash of the row
 * @param promptHash        of what is given
 * @param targetHash        of the right answer
 * @param values            by metric: a number, or [log-likelihood, weight]; made of the line's other keys
 */
public record SampleLine(@SerializedName("doc_id") long id, JsonObject doc, @MayBeAbsent JsonElement target,
        Map<String, JsonObject> arguments, @SerializedName("resps") List<JsonElement> responses,
        @SerializedName("filtered_resps") List<JsonElement> filteredResponses, String filter, List<String> metrics,
        @SerializedName("doc_hash") String docHash, @SerializedName("prompt_hash") String promptHash,
        @SerializedName("target_hash") String targetHash, @MayBeAbsent Map<String, JsonElement> values) {
    private static final Gson GSON = new GsonBuilder().create();

    /** @throws JsonParseException when the line is no object, one of other types, or lacks something */
    static SampleLine parse(String line) {
        if (!(JsonParser.parseString(line) instanceof JsonObject object)) {
            throw new JsonParseException("no object");
        }
        SampleLine read = JsonRecord.parse(GSON, object, SampleLine.class);
        Map<String, JsonElement> values = new LinkedHashMap<>();
        read.metrics().stream().filter(object::has).forEach(name -> values.put(name, object.get(name)));
        return new SampleLine(read.id, read.doc, read.target, read.arguments, read.responses, read.filteredResponses,
                read.filter, read.metrics, read.docHash, read.promptHash, read.targetHash, values);
    }
}
