package io.ballast.report;

import com.google.gson.JsonElement;
import io.ballast.Experiment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** What the numbers were made from: data, base model, configuration, code, environment. */
final class CardProvenance {
    private CardProvenance() {
    }

    static String of(Evidence evidence) {
        RunFiles run = evidence.run();
        List<List<String>> rows = new ArrayList<>();
        run.experiment().object("model").text("path").ifPresent(path -> rows.add(List.of("base model", path)));
        Stream.of("general", "domain").forEach(kind -> run.experiment().oneOrMore(kind).forEach(phase ->
                phase.objects("data").forEach(data -> data.text("path").ifPresent(path ->
                        rows.add(List.of(phase.text("name").orElse(kind) + " data", path))))));
        Path experiment = run.folder().resolve(Experiment.FILE);
        if (Files.isRegularFile(experiment)) {
            rows.add(List.of("experiment.json", "sha256:" + sha256(experiment)));
        }
        flatten("", run.result().json().get("environment"), rows);
        run.result().text("started").ifPresent(time -> rows.add(List.of("started", time)));
        run.result().text("finished").ifPresent(time -> rows.add(List.of("finished", time)));
        return Markdown.section("Provenance", Markdown.table(List.of("what", "value"), rows));
    }

    /** One row for each leaf, named by its path. */
    private static void flatten(String path, JsonElement element, List<List<String>> rows) {
        if (element == null || element.isJsonNull()) {
            return;
        }
        if (element.isJsonPrimitive()) {
            rows.add(List.of(path, element.getAsString()));
        } else if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(each -> flatten(path, each, rows));
        } else {
            element.getAsJsonObject().entrySet().forEach(entry ->
                    flatten(path.isEmpty() ? entry.getKey() : path + " · " + entry.getKey(), entry.getValue(), rows));
        }
    }

    private static String sha256(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
