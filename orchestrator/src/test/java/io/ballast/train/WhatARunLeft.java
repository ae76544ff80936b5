package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.data.Sha256;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** All that a run left, by file, without times, speeds and the folder's name: equal runs leave equal things. */
final class WhatARunLeft {
    private static final Set<String> OF_TIME = Set.of("time", "tokensPerSecond", "seconds", "secondsAdded", "started",
            "finished", "peakMemoryBytes", "waitShare", "folder", "diskBytes", "date",
            "experimentHash", "total_evaluation_time_seconds", "start_time", "end_time");
    private static final Set<String> OTHERWISE = Set.of("report.html", "README.md", ".lock", "experiment.json");

    private WhatARunLeft() {
    }

    /** Fails at the first difference. */
    static void assertSame(Path expected, Path found) throws IOException {
        Map<String, String> left = in(found);
        Map<String, String> wanted = in(expected);
        assertEquals(wanted.keySet(), left.keySet());
        wanted.forEach((file, content) -> assertEquals("", difference(content, left.get(file)), file));
    }

    /** What stands around the first place where they differ; empty where they are the same. */
    private static String difference(String expected, String found) {
        int at = Arrays.mismatch(expected.toCharArray(), found.toCharArray());
        return at < 0 ? "" : "…" + expected.substring(Math.max(0, at - 200), Math.min(expected.length(), at + 100))
                + "… and …" + found.substring(Math.max(0, at - 20), Math.min(found.length(), at + 100)) + "…";
    }

    private static Map<String, String> in(Path run) throws IOException {
        Map<String, String> left = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = run.relativize(file).toString();
                if (!OTHERWISE.contains(name) && !name.startsWith("tensorboard") && !name.startsWith(".checkpoints")
                        && !name.startsWith("ranks/")) {
                    left.put(name.replaceAll("_\\d{4}-\\d\\d-\\d\\dT[0-9.-]+(?=\\.json)", ""), content(file));
                }
            }
        }
        return left;
    }

    private static String content(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".json")) {
            return timeless(JsonParser.parseString(Files.readString(file))).toString();
        }
        if (name.endsWith(".jsonl")) {
            List<String> lines = Files.readAllLines(file);
            return String.join("\n", lines.stream().map(JsonParser::parseString).map(WhatARunLeft::timeless)
                    .map(JsonElement::toString).toList());
        }
        return new Sha256().file(file).hex();
    }

    private static JsonElement timeless(JsonElement json) {
        if (json.isJsonObject()) {
            // In one order: that of Java's small maps differs from process to process.
            Map<String, JsonElement> entries = new TreeMap<>(json.getAsJsonObject().asMap());
            entries.keySet().removeAll(OF_TIME);
            JsonObject kept = new JsonObject();
            entries.forEach((key, value) -> kept.add(key, timeless(value)));
            return kept;
        }
        if (json.isJsonArray()) {
            JsonArray kept = new JsonArray();
            json.getAsJsonArray().forEach(element -> kept.add(timeless(element)));
            return kept;
        }
        return json;
    }
}
