package io.ballast.examples.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The service as its clients see it: over HTTP, with a real Python behind it. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class ServiceTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;
    @LocalServerPort
    private int port;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("service.folder", folder::toString);
        registry.add("service.model", () -> folder.resolve("llama-tied").toString());
    }

    @BeforeAll
    static void makeModelAndRows() throws IOException, InterruptedException {
        Process python = new ProcessBuilder(System.getenv("BALLAST_PYTHON"),
                Path.of(System.getProperty("repository"), "python-ext/tests/tiny_models.py").toString(),
                folder.toString(), "llama-tied").redirectErrorStream(true).start();
        String output = new String(python.getInputStream().readAllBytes());
        assertEquals(0, python.waitFor(), output);
        Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, 16)
                .mapToObj(i -> "{\"text\": \"Boat %d went down river %d.\"}".formatted(i, i * 5 % 16))
                .collect(Collectors.joining("\n")));
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    }

    private HttpResponse<String> post(String path, String body, String accept) throws Exception {
        return CLIENT.send(to(path).header("Content-Type", "application/json").header("Accept", accept)
                .POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private JsonNode get(String path) throws Exception {
        return JSON.readTree(CLIENT.send(to(path).build(), BodyHandlers.ofString()).body());
    }

    private String start(String name, int steps) throws Exception {
        HttpResponse<String> answer = post("/runs", """
                { "name": "%s", "output": "runs", "model": {"path": "llama-tied", "device": "cpu"},
                  "domain": {"data": [{"path": "rows.jsonl", "text": "{text}"}], "steps": %d, "batchSize": 4,
                             "learningRate": 1e-3, "loggingSteps": 1},
                  "evaluation": {"general": [{"name": "boats", "perplexity": "rows.jsonl"}]} }
                """.formatted(name, steps), "*/*");
        assertEquals(202, answer.statusCode(), answer.body());
        String id = JSON.readTree(answer.body()).get("id").asText();
        assertEquals("/runs/" + id, answer.headers().firstValue("Location").orElseThrow());
        return id;
    }

    private Stream<String> events(String id) throws Exception {
        return CLIENT.send(to("/runs/" + id + "/events").build(), BodyHandlers.ofLines()).body()
                .filter(line -> line.startsWith("event:"));
    }

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
        assertEquals(202, CLIENT.send(to("/runs/" + id).DELETE().build(), BodyHandlers.discarding()).statusCode());
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
