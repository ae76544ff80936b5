package io.ballast.examples.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The service as its clients see it: over HTTP. */
class ServiceTest extends ServiceClient {
    @Test
    void aRunIsFollowedToItsEndAndItsModelWrites() throws Exception {
        String id = start("short", 3);
        String followed = events(id).collect(Collectors.joining(" "));
        assertTrue(followed.matches("event:started event:stage .*(event:step ){3}.*event:finished"), followed);
        assertEquals(followed, events(id).collect(Collectors.joining(" ")), "who comes late hears what was missed");
        JsonNode run = get("/runs/" + id);
        assertEquals("completed", run.get("status").asText(), run.toString());
        assertEquals("boats", run.get("result").get("forgetting").get(0).get("task").asText());
        JsonNode steps = get("/actuator/metrics/ballast.steps?tag=experiment:short");
        assertEquals(3, steps.get("measurements").get(0).get("value").asInt(), steps.toString());

        String prompt = "{\"prompt\": \"Boat 3 went\", \"maxTokens\": 8, \"run\": \"" + id + "\"}";
        String text = post("/generate", prompt, "*/*").body();
        String pieces = post("/generate", prompt, "text/event-stream").body();
        assertTrue(pieces.startsWith("event:piece\n") && pieces.endsWith("event:end\ndata:{}\n\n"), pieces);
        assertEquals(text, joined(pieces));
    }

    private static String joined(String pieces) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String line : pieces.lines().filter(line -> line.startsWith("data:")).toList()) {
            text.append(JSON.readTree(line.substring("data:".length())).path("text").asText());
        }
        return text.toString();
    }

    @Test
    void aCancelledRunEndsAndSaysSo() throws Exception {
        String id = start("long", 1_000_000);
        try (Stream<String> events = events(id)) {
            events.filter("event:step"::equals).findFirst().orElseThrow();
        }
        assertEquals("unfinished", get("/runs/" + id).get("status").asText());
        assertEquals(202, delete("/runs/" + id));
        try (Stream<String> events = events(id)) {
            assertTrue(events.toList().contains("event:finished"));
        }
        JsonNode run = get("/runs/" + id);
        assertEquals("stopped", run.get("status").asText());
        assertTrue(run.get("message").asText().startsWith("Stopped in the domain phase after step"), run.toString());
    }

    @Test
    void whatIsWrongIsAnsweredWithItsReason() throws Exception {
        HttpResponse<String> answer = post("/runs", "{\"name\": \"boats\", \"modell\": {}}", "*/*");
        assertEquals(400, answer.statusCode());
        assertTrue(JSON.readTree(answer.body()).get("detail").asText().contains("modell"), answer.body());

        HttpResponse<String> stream = post("/generate", "{\"prompt\": \"Boat\", \"topP\": 2}", "text/event-stream");
        assertEquals(400, stream.statusCode());
        assertTrue(stream.body().contains("topP: expected above 0 and at most 1"), stream.body());
        assertEquals(404, CLIENT.send(to("/runs/none").build(), BodyHandlers.discarding()).statusCode());
    }
}
