package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

class MethodsCommandTest {
    @Test
    void everyMethodIsListedWithItsFormsAndPaper() {
        Typed typed = Typed.run("methods");
        assertEquals(0, typed.code(), typed.err());
        for (String part : new String[] {"hierarchical", "proximal (λ 30), gradient (λ 0.01)", "arXiv 2501.13669",
            "freeUnseen = false", "objective (λ 0.1)", "domain.replay = 0", "adapter.kind = lora", "2410.17146"}) {
            assertTrue(typed.out().contains(part), part + " in " + typed.out());
        }
    }

    @Test
    void oneMethodIsDescribedWithItsFormula() {
        Typed typed = Typed.run("methods", "ewc");
        assertTrue(typed.out().contains("λ Σ_i F_i (θ_i − θ*_i)²"), typed.out());
        assertTrue(typed.out().contains("halved = false"), typed.out());
        assertTrue(typed.out().contains("importance.labels = data"), typed.out());
        assertTrue(typed.out().contains("retention.reference = end"), typed.out());
        assertFalse(Typed.run("methods", "l2").out().contains("importance.labels"));
        assertFalse(typed.out().contains("layerCoefficients"), "they are hierarchical's");
        assertFalse(Typed.run("methods", "rwalk").out().contains("importance.samples"), "it measures along the way");
        assertTrue(typed.out().lines().allMatch(line -> line.length() <= 110), typed.out());
    }

    @Test
    void jsonHasTheOptionsWithTheirTypesAndDefaults() {
        JsonObject document = JsonParser.parseString(Typed.run("methods", "--json").out()).getAsJsonObject();
        JsonArray methods = document.getAsJsonArray("methods");
        JsonObject l2 = methods.asList().stream().map(each -> each.getAsJsonObject())
                .filter(each -> each.get("name").getAsString().equals("l2")).findFirst().orElseThrow();
        JsonObject option = l2.getAsJsonArray("options").get(0).getAsJsonObject();
        assertEquals("freeUnseen", option.get("name").getAsString());
        assertEquals("bool", option.get("type").getAsString());
        assertEquals(30, l2.getAsJsonObject("lambda").get("proximal").getAsInt());
        JsonObject replay = document.getAsJsonObject("settings").getAsJsonObject("domain").getAsJsonObject("replay");
        assertEquals(0.99, replay.get("maximum").getAsDouble());
    }

    @Test
    void anUnknownMethodEndsWithTwoAndTheNearestName() {
        Typed typed = Typed.run("methods", "hierarchicl");
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("did you mean \"hierarchical\""), typed.err());
    }
}
