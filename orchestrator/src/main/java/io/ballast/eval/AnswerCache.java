package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.ballast.data.Example;
import io.ballast.data.Sha256;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What one model said before, about token rows and prompts, on disk: a model is asked once, whatever the task, and an
 * evaluation that was interrupted goes on where it stopped. Lines are added batch by batch and never changed; one that is
 * cut off by a crash is passed over.
 */
public final class AnswerCache implements AutoCloseable {
    private static final int HASH_LENGTH = 32;
    private static final Gson JSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final Map<String, Line> known = new HashMap<>();
    private final BufferedWriter added;
    /** Everything that was asked, whether it was known or not; null where nobody wants it. */
    private BufferedWriter recorded;

    /** A line of the file: of a token row, or of a prompt. */
    private record Line(String key, Double logProbability, Boolean greedy, Integer tokens, String text) {
    }

    private AnswerCache(BufferedWriter added) {
        this.added = added;
    }

    /** @return a cache that knows nothing and keeps nothing */
    public static AnswerCache none() {
        return new AnswerCache(null);
    }

    /**
     * Opens a model's cache.
     *
     * @param file of this model, and of nothing else that changes its answers; made where there is none
     * @return the cache
     * @throws UncheckedIOException when the file cannot be read or written
     */
    public static AnswerCache open(Path file) {
        try {
            Files.createDirectories(file.getParent());
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            AnswerCache cache = new AnswerCache(Files.newBufferedWriter(file, StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND));
            lines.forEach(cache::rememberLine);
            cache.added.newLine(); // ends a line that a crash cut off
            return cache;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep answers in " + file, e);
        }
    }

    /**
     * Reads answers, and adds nothing to them.
     *
     * @param file as {@link #open} or {@link #recordedIn} wrote it; where there is none, nothing is known
     * @return the cache
     * @throws UncheckedIOException when the file cannot be read
     */
    public static AnswerCache read(Path file) {
        try {
            AnswerCache cache = new AnswerCache(null);
            if (Files.exists(file)) {
                Files.readAllLines(file).forEach(cache::rememberLine);
            }
            return cache;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the answers in " + file, e);
        }
    }

    /**
     * Writes down in another file too what is asked from now on, answers that are known already included.
     *
     * @param file written anew
     * @return this
     * @throws UncheckedIOException when the file cannot be written
     */
    public AnswerCache recordedIn(Path file) {
        try {
            Files.createDirectories(file.getParent());
            recorded = Files.newBufferedWriter(file);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep answers in " + file, e);
        }
    }

    /**
     * Adds answers that were recorded and are not known yet.
     *
     * @param recording as {@link #recordedIn} wrote it
     * @throws UncheckedIOException when it cannot be read
     */
    public void addAll(Path recording) {
        read(recording).known.forEach((key, line) -> {
            if (known.putIfAbsent(key, line) == null) {
                write(line, added);
            }
        });
    }

    /** @return what is known now, as lines for {@link #remember} */
    public String known() {
        return known.values().stream().map(JSON::toJson).collect(Collectors.joining("\n"));
    }

    /**
     * Takes over what another cache knows.
     *
     * @param lines its {@link #known()}
     */
    public void remember(String lines) {
        lines.lines().forEach(this::rememberLine);
    }

    private void rememberLine(String line) {
        try {
            Line read = line.isEmpty() ? null : JSON.fromJson(line, Line.class);
            if (read != null && read.key() != null && (read.text() != null || read.logProbability() != null
                    && read.greedy() != null && read.tokens() != null)) {
                known.put(read.key(), read);
            }
        } catch (JsonParseException cutOff) {
            // What is not remembered is asked again.
        }
    }

    /** @return what the model said about the row, or null */
    Likelihood likelihood(Example row) {
        Line line = known.isEmpty() ? null : known.get(key(row));
        record(line);
        return line == null || line.text() != null ? null
                : new Likelihood(line.logProbability(), line.greedy(), line.tokens());
    }

    /** @return what the model wrote after the prompt, or null */
    String text(GenerationRequest request) {
        Line line = known.isEmpty() ? null : known.get(key(request));
        record(line);
        return line == null ? null : line.text();
    }

    void add(Example row, Likelihood said) {
        add(() -> new Line(key(row), said.logProbability(), said.greedy(), said.tokens(), null));
    }

    void add(GenerationRequest request, String written) {
        add(() -> new Line(key(request), null, null, null, written));
    }

    private void add(Supplier<Line> line) {
        if (added != null || recorded != null) {
            Line made = line.get();
            write(made, added);
            write(made, recorded);
        }
    }

    private void record(Line line) {
        if (line != null) {
            write(line, recorded);
        }
    }

    private static void write(Line line, BufferedWriter file) {
        if (file != null) {
            try {
                file.write(JSON.toJson(line));
                file.newLine();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot keep answers", e);
            }
        }
    }

    /** Makes what was added safe from a crash. */
    void flush() {
        if (added != null) {
            try {
                added.flush();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot keep answers", e);
            }
        }
    }

    private static String key(Example row) {
        return new Sha256().text(Arrays.toString(row.ids())).text(String.valueOf(row.targetStart())).hex()
                .substring(0, HASH_LENGTH);
    }

    private static String key(GenerationRequest request) {
        GenerationSettings settings = request.settings();
        return new Sha256().text(Arrays.toString(request.prompt())).text(String.join("\0", settings.until()))
                .text(String.valueOf(settings.maxTokens())).text(new TreeMap<>(settings.decoding()).toString())
                .text(String.valueOf(request.seed())).hex().substring(0, HASH_LENGTH);
    }

    @Override
    public void close() {
        close(added);
        close(recorded);
    }

    private static void close(BufferedWriter file) {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot keep answers", e);
            }
        }
    }
}
