package io.ballast.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.function.Function;

/**
 * What the page draws: the run's files as they are, and beside them what is concluded from them.
 *
 * <pre>{"result", "experiment", "summary": {"headline", "message", "learned", "kept", "suggestions"},
 *  "curves", "warnings", "flips"}</pre>
 */
final class ReportData {
    private ReportData() {
    }

    static JsonObject of(RunFiles run) {
        JsonObject data = new JsonObject();
        data.add("result", run.result().json());
        data.add("experiment", run.experiment().isEmpty() ? JsonNull.INSTANCE : run.experiment().json());
        data.add("summary", summary(Evidence.of(run)));
        data.add("curves", array(LossCurve.of(run.events()), LossCurve::toJson));
        data.add("warnings", array(run.events().stream()
                .filter(event -> event.text("type").filter("warning"::equals).isPresent()).toList(), Fields::json));
        data.add("flips", array(run.flips(), TaskFlips::toJson));
        return data;
    }

    private static JsonObject summary(Evidence evidence) {
        JsonObject summary = new JsonObject();
        summary.addProperty("headline", Headline.of(evidence));
        summary.addProperty("message", evidence.message());
        summary.addProperty("hasDomainPhase", evidence.hasDomainPhase());
        summary.addProperty("lastGeneralStage", evidence.lastGeneralStage());
        summary.add("learned", array(evidence.changes().learned(), Change::toJson));
        summary.add("kept", array(evidence.changes().kept(), Change::toJson));
        summary.add("suggestions", array(Suggestions.of(evidence), each -> each.toJson("experiment.json")));
        return summary;
    }

    private static <T> JsonArray array(Collection<T> items, Function<T, ? extends JsonElement> toJson) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(toJson.apply(item)));
        return array;
    }
}
