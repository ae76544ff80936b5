package io.ballast.tracking;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * MLflow's REST API 2.0. The Java client of MLflow is not used: its last release is 2.17.2, and it uploads artifacts by
 * starting MLflow's Python program.
 *
 * @see <a href="https://mlflow.org/docs/latest/rest-api.html">REST API</a>
 */
final class MlflowServer {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int NOT_FOUND = 404;
    private static final String PROXIED = "mlflow-artifacts:";

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT).build();
    private final Gson gson = new Gson();
    private final String address;
    private final Map<String, String> headers;

    MlflowServer(URI address, Map<String, String> headers) {
        this.address = withoutUser(address).replaceFirst("/+$", "") + "/api/2.0/";
        Map<String, String> all = new HashMap<>();
        if (address.getUserInfo() != null) {
            all.put("Authorization", "Basic " + Base64.getEncoder().encodeToString(
                    address.getUserInfo().getBytes(StandardCharsets.UTF_8)));
        }
        all.putAll(headers);
        this.headers = Map.copyOf(all);
    }

    /** The address as messages may show it: what stands before the @ signs in, and is sent as a header. */
    static String withoutUser(URI address) {
        String user = address.getRawUserInfo();
        return user == null ? address.toString() : address.toString().replace(user + "@", "");
    }

    /** The id of an experiment, which is made where there is none. */
    String experiment(String name) {
        return find("experiments/get-by-name", "experiment_name", name)
                .map(found -> found.getAsJsonObject("experiment"))
                .orElseGet(() -> post("experiments/create", Map.of("name", name))).get("experiment_id").getAsString();
    }

    /** Asks {@code mlflow/path} for what a parameter names; empty where there is no such thing. */
    Optional<JsonObject> find(String path, String parameter, String value) {
        HttpResponse<String> found = send("GET", "mlflow/" + path + "?" + parameter + "="
                + URLEncoder.encode(value, StandardCharsets.UTF_8), BodyPublishers.noBody());
        return found.statusCode() == NOT_FOUND ? Optional.empty() : Optional.of(accepted(found));
    }

    /** Calls {@code mlflow/path}. */
    JsonObject post(String path, Map<String, Object> body) {
        return accepted(send("POST", "mlflow/" + path, BodyPublishers.ofString(gson.toJson(body))));
    }

    /** Sends a file, if the server takes files itself; where it does not, only its owner's storage would. */
    void artifact(String runFolder, Path file) {
        if (!runFolder.startsWith(PROXIED)) {
            return;
        }
        String folder = URI.create(runFolder).getPath().replaceFirst("^/+", "");
        try {
            accepted(send("PUT", "mlflow-artifacts/artifacts/" + folder + "/" + file.getFileName(),
                    BodyPublishers.ofFile(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(String method, String path, BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path)).timeout(LIMIT)
                .header("Content-Type", "application/json") // also of files, whose names tell what they are
                .method(method, body);
        headers.forEach(request::setHeader);
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException("Expected an MLflow server at " + address + "; found " + e
                    + ". Start it, or change the address.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while MLflow was told of a run", e);
        }
    }

    private static JsonObject accepted(HttpResponse<String> answer) {
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException("Expected MLflow to accept " + answer.request().method() + " "
                    + answer.uri() + "; found status " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body().isBlank() ? new JsonObject() : JsonParser.parseString(answer.body()).getAsJsonObject();
    }
}
