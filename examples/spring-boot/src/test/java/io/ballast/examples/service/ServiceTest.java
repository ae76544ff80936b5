package io.ballast.examples.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ballast.RunEvent;
import io.ballast.artifacts.RunArtifacts;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The service as its clients see it: over HTTP. */
class ServiceTest extends ServiceClient {
    @Test
    void aRunIsFollowedToItsEndAndItsModelWrites() throws Exception {
        String id = start("short", 3);
        String followed = events(id).collect(Collectors.joining(" "));
        assertTrue(followed.matches("event:started event:stage .*(event:step ){3}.*event:finished"), followed);
        assertEquals(followed, events(id).collect(Collectors.joining(" ")), "who comes late hears what was missed");
        List<RunEvent> events = lines(id, "data:").map(RunEvent::parse).toList();
        assertEquals(400, CLIENT.send(to("/runs/" + id + "/events").header("Last-Event-ID", "-5").build(),
                BodyHandlers.discarding()).statusCode());
        RunArtifacts left = new RunArtifacts(Path.of((String) events.get(0).fields().get("folder")));
        assertEquals(left.events().stream().filter(event -> !event.type().equals("scoring")).toList(), events);
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
        String early = post("/generate", "{\"prompt\": \"Boat\", \"run\": \"" + id + "\"}", "*/*").body();
        assertEquals(409, JSON.readTree(early).get("status").asInt(), early);
        assertEquals(202, delete("/runs/" + id));
        assertEquals(202, delete("/runs/" + id), "once more does nothing");
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
        HttpRequest noJson = to("/runs").POST(BodyPublishers.ofString(experiment("form", 1))).build();
        assertEquals(415, CLIENT.send(noJson, BodyHandlers.discarding()).statusCode());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"prompt": "Boat", "maxTokns": 3}       | maxTokns: unknown key. There is: [maxTokens, prompt, run
            {"prompt": "Boat", "maxTokens": "many"} | maxTokens: Cannot deserialize
            {"prompt": "Boat", "stop": [null]}      | stop: expected texts; found null
            ["Boat"]                                | not the JSON object that is expected
            {"prompt":                              | not the JSON object that is expected
            {}                                      | prompt: expected a text; found none
            ``                                      | Expected a body of JSON; found none.
            """)
    void aWrongPromptIsAnsweredWithItsReason(String body, String reason) throws Exception {
        JsonNode problem = JSON.readTree(post("/generate", body, "*/*").body());
        assertEquals(400, problem.path("status").asInt(), problem.toString());
        assertTrue(problem.get("detail").asText().contains(reason), problem.toString());
    }
}
