package io.ballast.examples.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A service with a real Python behind it, and a client of it. There is one Ballast in a JVM: each class closes its own. */
@DirtiesContext
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
abstract class ServiceClient {
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static final ObjectMapper JSON = new ObjectMapper();
    static final String MODEL = "llama-tied";

    @TempDir
    static Path folder;
    @LocalServerPort
    private int port;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("service.folder", folder::toString);
        registry.add("service.model", () -> folder.resolve(MODEL).toString());
    }

    @BeforeAll
    static void makeModelAndRows() throws IOException, InterruptedException {
        Process python = new ProcessBuilder(System.getenv("BALLAST_PYTHON"),
                Path.of(System.getProperty("repository"), "python-ext/tests/tiny_models.py").toString(),
                folder.toString(), MODEL).redirectErrorStream(true).start();
        String output = new String(python.getInputStream().readAllBytes());
        assertEquals(0, python.waitFor(), output);
        Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, 16)
                .mapToObj(i -> "{\"text\": \"Boat %d went down river %d.\"}".formatted(i, i * 5 % 16))
                .collect(Collectors.joining("\n")));
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    }

    HttpResponse<String> post(String path, String body, String accept) throws Exception {
        return CLIENT.send(to(path).header("Content-Type", "application/json").header("Accept", accept)
                .POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    JsonNode get(String path) throws Exception {
        return JSON.readTree(CLIENT.send(to(path).build(), BodyHandlers.ofString()).body());
    }

    static String experiment(String name, int steps) {
        return """
                { "name": "%s", "output": "runs", "model": {"path": "llama-tied", "device": "cpu"},
                  "domain": {"data": [{"path": "rows.jsonl", "text": "{text}"}], "steps": %d, "batchSize": 4,
                             "learningRate": 1e-3, "loggingSteps": 1},
                  "evaluation": {"general": [{"name": "boats", "perplexity": "rows.jsonl"}]} }
                """.formatted(name, steps);
    }

    String start(String name, int steps) throws Exception {
        HttpResponse<String> answer = post("/runs", experiment(name, steps), "*/*");
        assertEquals(202, answer.statusCode(), answer.body());
        String id = JSON.readTree(answer.body()).get("id").asText();
        assertEquals("/runs/" + id, answer.headers().firstValue("Location").orElseThrow());
        return id;
    }

    int delete(String path) throws Exception {
        return CLIENT.send(to(path).DELETE().build(), BodyHandlers.discarding()).statusCode();
    }

    Stream<String> events(String id) throws Exception {
        return lines(id, "").filter(line -> line.startsWith("event:"));
    }

    /** What the run's events have behind a prefix, line by line. */
    Stream<String> lines(String id, String prefix) throws Exception {
        return CLIENT.send(to("/runs/" + id + "/events").build(), BodyHandlers.ofLines()).body()
                .filter(line -> line.startsWith(prefix)).map(line -> line.substring(prefix.length()));
    }
}
