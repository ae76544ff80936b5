package io.ballast.tracking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said, and what becomes of a run when nobody listens. The real server: {@link MlflowServerTest}. */
class MlflowListenerTest {
    private static final String BEGUN = "{\"run\": {\"info\": {\"run_id\": \"r1\", \"lifecycle_stage\": \"active\","
            + " \"artifact_uri\": \"mlflow-artifacts:/1/r1/artifacts\"},"
            + " \"data\": {%s}}}";

    @TempDir
    Path folder;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private int status = 200;
    private boolean isForgetful;
    private String known = "";
    private volatile String authorization;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath().replace("/api/2.0/", "");
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            asked.add(exchange.getRequestMethod() + " " + path + " " + body);
            authorization = exchange.getRequestHeaders().getFirst("Authorization");
            boolean missing = path.endsWith("get-by-name") || path.endsWith("runs/get") && isForgetful;
            String answer = path.matches(".*runs/(create|get)") ? BEGUN.formatted(known)
                    : path.endsWith("experiments/create") ? "{\"experiment_id\": \"1\"}" : "{}";
            exchange.sendResponseHeaders(missing ? 404 : status, answer.length());
            exchange.getResponseBody().write(answer.getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void run(URI address, String ending) {
        try (MlflowListener listener = new MlflowListener(address, "medicine", Map.of("Authorization", "Basic eA=="))) {
            Events.tell(listener, "boats", folder, ending);
        }
    }

    private URI address() {
        return URI.create("http://localhost:" + server.getAddress().getPort() + "/");
    }

    @Test
    void aPasswordInTheAddressSignsInAndIsNotShown() {
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true));
        try {
            status = 500;
            URI signedIn = URI.create(address().toString().replace("://", "://me:planted%20password@"));
            try (MlflowListener listener = new MlflowListener(signedIn, "medicine")) {
                Events.tell(listener, "boats", folder, "stopped");
            }
            try (MlflowListener listener = new MlflowListener(URI.create("http://me:planted@localhost:1"), "medicine")) {
                Events.tell(listener, "boats", folder, "stopped");
            }
        } finally {
            System.setErr(err);
        }
        assertEquals("Basic bWU6cGxhbnRlZCBwYXNzd29yZA==", authorization);
        assertTrue(said.toString().contains("MLflow at http://localhost"), said.toString());
        assertTrue(!said.toString().contains("planted") && !said.toString().contains("bWU6"), said.toString());
    }

    @Test
    void aRunIsBegunDescribedMeasuredAndEnded() {
        run(address(), "stopped");
        assertEquals("GET mlflow/experiments/get-by-name ", asked.get(0));
        assertEquals("POST mlflow/experiments/create {\"name\":\"medicine\"}", asked.get(1));
        assertTrue(asked.get(2).startsWith("POST mlflow/runs/create"));
        assertTrue(asked.get(3).contains("{\"key\":\"domain.learningRate\",\"value\":\"2e-5\"}")
                || asked.get(3).contains("{\"value\":\"2e-5\",\"key\":\"domain.learningRate\"}"), asked.get(3));
        assertTrue(asked.get(5).contains("\"domain/loss\"") && asked.get(5).contains("\"step\":10"), asked.get(5));
        assertTrue(asked.get(6).contains("\"domain/boats/perplexity\""), asked.get(6));
        assertEquals("PUT mlflow-artifacts/artifacts/1/r1/artifacts/result.json {}", asked.get(8));
        assertTrue(asked.get(9).startsWith("POST mlflow/runs/update"), asked.get(9));
        assertTrue(asked.get(9).contains("\"KILLED\""), asked.get(9));
        assertEquals(10, asked.size());
    }

    @Test
    void aResumedRunGoesOnWithTheSameRun() {
        run(address(), "stopped");
        asked.clear();
        run(address(), "completed");
        assertEquals("GET mlflow/runs/get ", asked.get(0));
        assertTrue(asked.get(1).startsWith("POST mlflow/runs/update") && asked.get(1).contains("\"RUNNING\""),
                asked.get(1));
        assertEquals(8, asked.size(), "neither begun nor described again: " + asked);
    }

    @Test
    void stepsThatAResumedRunMakesAgainAreNotToldAgain() {
        run(address(), "stopped");
        asked.clear();
        known = "\"metrics\": [{\"key\": \"domain/loss\", \"value\": 3.5, \"timestamp\": 1, \"step\": 1}]";
        run(address(), "completed");
        assertTrue(!asked.get(2).contains("domain/loss") && asked.get(2).contains("domain/penalty"), asked.get(2));
        assertTrue(asked.get(3).contains("domain/loss") && asked.get(3).contains("\"step\":10"), asked.get(3));
    }

    @Test
    void aResumedRunThatTheServerForgotBeginsAnew() {
        run(address(), "stopped");
        asked.clear();
        isForgetful = true;
        run(address(), "completed");
        assertTrue(asked.get(3).startsWith("POST mlflow/runs/create"), asked.toString());
        assertEquals(11, asked.size(), asked.toString());
    }

    @Test
    void aServerThatRefusesDoesNotEndTheRun() {
        status = 500;
        run(address(), "completed");
        assertEquals(2, asked.size(), "a run that was not begun there is not told of: " + asked);
    }

    @Test
    void withoutAServerTheRunGoesOn() {
        URI nobody = address();
        server.stop(0);
        assertTimeout(Duration.ofSeconds(20), () -> run(nobody, "completed"));
    }
}
