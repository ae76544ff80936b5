package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LossCurveTest {
    @Test
    void everyPhaseHasItsOwnCurveInItsOrder() {
        List<LossCurve> curves = LossCurve.of(FixtureRuns.read("held-back").events());
        assertEquals(List.of("general", "domain"), curves.stream().map(LossCurve::phase).toList());
        assertEquals(List.of(16, 24), curves.stream().map(curve -> curve.steps().size()).toList());
    }

    @Test
    void aLongCurveIsThinnedEvenlyAndKeepsItsEnd() {
        List<Fields> events = IntStream.rangeClosed(1, 10_007).mapToObj(step -> Fields.of(JsonParser.parseString(
                "{'type': 'step', 'phase': 'domain', 'loss': 1, 'step': " + step + "}"))).toList();
        JsonObject curve = LossCurve.of(events).get(0).toJson();
        JsonArray steps = curve.getAsJsonArray("step");
        assertTrue(steps.size() <= LossCurve.MOST_POINTS && steps.size() > LossCurve.MOST_POINTS * 0.8);
        assertEquals(10_007, steps.get(steps.size() - 1).getAsInt());
        assertEquals(10_007, curve.get("points").getAsInt());
    }

    @Test
    void aLossThatIsNoNumberIsAGap() {
        JsonArray loss = LossCurve.of(FixtureRuns.read("hostile").events()).get(0).toJson().getAsJsonArray("loss");
        assertEquals("[1.0,null,null]", loss.toString());
    }
}
