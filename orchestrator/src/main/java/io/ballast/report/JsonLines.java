package io.ballast.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** JSON Lines written by a run, which may have been killed in the middle of its last line. */
final class JsonLines {
    private JsonLines() {
    }

    static List<Fields> read(Path file) {
        List<Fields> lines = new ArrayList<>();
        forEach(file, lines::add);
        return List.copyOf(lines);
    }

    /** Passes on every object, one at a time; an absent file has none, a broken line is passed over. */
    static void forEach(Path file, Consumer<Fields> consumer) {
        if (!Files.isRegularFile(file)) {
            return;
        }
        // An InputStreamReader replaces bytes that are no UTF-8, where Files.newBufferedReader gives up.
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                parse(line, consumer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + file, e);
        }
    }

    private static void parse(String line, Consumer<Fields> consumer) {
        try {
            JsonElement element = JsonParser.parseString(line);
            if (element.isJsonObject()) {
                consumer.accept(Fields.of(element));
            }
        } catch (JsonParseException brokenLine) {
            // Half a line is what an interrupted write leaves; the lines before it are good.
        }
    }
}
