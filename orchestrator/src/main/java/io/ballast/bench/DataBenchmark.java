package io.ballast.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.data.BatchPlan;
import io.ballast.data.Document;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Rows per second from a JSON Lines file to stored token ids and where the completion starts: {@link PhaseData#prepare}
 * against {@code datasets.map} with a fast tokenizer and as many processes as cores. Neither finds anything cached;
 * both have their libraries and the tokenizer loaded. The first run of each process is a measurement of its own,
 * without a goal: the JVM compiles in it. Setting: {@code rows}.
 */
final class DataBenchmark implements Benchmark {
    private static final String ROWS = "rows";
    private static final int DEFAULT_ROWS = 100_000;
    private static final int DEFAULT_PAIRS = 3;
    private static final double GOAL = 2;
    private static final String SOURCE = "piqa/train.jsonl";
    static final int MAX_LENGTH = 256;

    /** What the other side answers: seconds from the file to the stored ids, and {@link #checksum} of them. */
    private record Mapped(double seconds, long checksum) {
    }

    @Override
    public String name() {
        return "data";
    }

    @Override
    public String summary() {
        return "rows read, rendered, tokenized and stored, against datasets.map";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        request.allow(List.of(ROWS));
        return ScratchFolder.with(folder -> run(request, folder));
    }

    private static List<Measurement> run(BenchmarkRequest request, Path folder) throws IOException {
        int rows = request.count(ROWS, DEFAULT_ROWS);
        Path file = folder.resolve("rows.jsonl");
        write(file, rows, request.dataOrDefault());
        try (Tokenizer tokenizer = Tokenizer.open(request.modelOrDefault());
                PythonProcess python = new PythonProcess(request.environment(), "map_rows",
                        folder.resolve("map_rows.log"), request.modelOrDefault(), file, MAX_LENGTH)) {
            python.awaitReady();
            Sides sides = new Sides(file, rows, tokenizer, python, folder);
            Pairs first = Pairs.inTurn(1, sides::ours, sides::theirs);
            Pairs warm = Pairs.inTurn(request.pairs().orElse(DEFAULT_PAIRS), sides::ours, sides::theirs);
            return List.of(Measurement.ofRate("data", warm, "rows/s", GOAL),
                    Measurement.ofRate("data, first run of a process", first, "rows/s", null));
        }
    }

    /**
     * Rows of PIQA again and again, each round with a number of its own.
     *
     * @param data the folder that has PIQA's rows
     */
    static void write(Path file, int rows, Path data) throws IOException {
        Path source = data.resolve(SOURCE);
        if (!Files.isRegularFile(source)) {
            throw new InvalidInputException("bench data: expected PIQA's rows at " + source + ", found no such file."
                    + " Name a folder that has it with --data-dir.");
        }
        List<JsonObject> questions = Files.readAllLines(source).stream().map(JsonParser::parseString)
                .map(line -> line.getAsJsonObject()).toList();
        try (Writer lines = Files.newBufferedWriter(file)) {
            for (int row = 0; row < rows; row++) {
                JsonObject question = questions.get(row % questions.size()).deepCopy();
                question.addProperty("goal", row / questions.size() + ". " + question.get("goal").getAsString());
                lines.write(question + "\n");
            }
        }
    }

    /** What map_rows.py renders too. */
    static DataConfig entry(Path file) {
        return new DataConfig(file.toString(), null, null, "Question: {goal}\nAnswer:", " {sol1}", null, 1, false, null,
                null);
    }

    /** Both ways from the file to stored ids; each time into a new folder. */
    private static final class Sides {
        private final DataConfig entry;
        private final int rows;
        private final Tokenizer tokenizer;
        private final PythonProcess python;
        private final Path folder;
        private int runs;
        /** Of the rows that were stored first. */
        private Long checksum;

        Sides(Path file, int rows, Tokenizer tokenizer, PythonProcess python, Path folder) {
            this.entry = entry(file);
            this.rows = rows;
            this.tokenizer = tokenizer;
            this.python = python;
            this.folder = folder;
        }

        double ours() {
            long started = System.nanoTime();
            try (PhaseData data = PhaseData.prepare(List.of(entry), tokenizer, MAX_LENGTH, newFolder(), null, 0)) {
                double seconds = (System.nanoTime() - started) / 1e9;
                check(checksumOf(data));
                return rows / seconds;
            }
        }

        double theirs() {
            Mapped mapped = python.ask(Map.of("folder", newFolder().toString()), Mapped.class);
            check(mapped.checksum());
            return rows / mapped.seconds();
        }

        private Path newFolder() {
            try {
                return Files.createDirectory(folder.resolve("run-" + runs++));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void check(long found) {
            checksum = checksum == null ? Long.valueOf(found) : checksum;
            if (checksum != found) {
                throw new IllegalStateException("expected both sides to store the same ids and starts of completions,"
                        + " with the checksum " + checksum + "; found one with " + found);
            }
        }
    }

    /** Sum of the rows' CRC-32, over the place where the completion starts and the ids as int32: in whatever order. */
    private static long checksumOf(PhaseData data) {
        BatchPlan plan = data.plan(1, false);
        long sum = 0;
        for (long row = plan.rowsPerEpoch(); row > 0; row--) {
            Document document = plan.next().documents(0).get(0);
            int size = (1 + document.length()) * Integer.BYTES;
            ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(document.targetStart());
            for (int i = 0; i < document.length(); i++) {
                bytes.putInt(document.token(i));
            }
            CRC32 crc = new CRC32();
            crc.update(bytes.flip());
            sum += crc.getValue();
        }
        return sum;
    }
}
