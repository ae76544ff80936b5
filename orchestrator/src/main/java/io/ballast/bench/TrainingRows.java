package io.ballast.bench;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.Document;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Rows for both sides of {@link ThroughputBenchmark}: as text, and as ids in the order of an experiment. */
final class TrainingRows {
    /** Of the experiment, which decides the order of its rows. */
    static final int SEED = 7;

    private final Tokenizer tokenizer;
    private final Path data;
    private final int maxLength;
    private final int count;
    private final Path folder;

    /** What kinds of rows there are. */
    enum Kind {
        /** Stories cut at the most tokens: all rows are as long. */
        EQUAL("stories/train.jsonl", "", Map.of("text", "{text}")),
        /** Questions of PIQA with an answer, those that fit. */
        MIXED("piqa/train.jsonl", ", rows of mixed length", Map.of("prompt", "Question: {goal}\nAnswer:", "completion",
                " {sol1}"));

        private final String source;
        private final String words;
        private final Map<String, String> templates;

        Kind(String source, String words, Map<String, String> templates) {
            this.source = source;
            this.words = words;
            this.templates = templates;
        }

        String words() {
            return words;
        }
    }

    /**
     * Rows on disk.
     *
     * @param kind        of rows
     * @param entry       the data entry of an experiment
     * @param ids         JSON Lines with input_ids and labels, in the order in which the experiment trains on them
     * @param maxLength   most tokens in a row
     * @param tokens      of all rows
     * @param firstTokens of the experiment's first batch
     */
    record Written(Kind kind, Map<String, String> entry, Path ids, int maxLength, long tokens, long firstTokens) {
    }

    /**
     * @param tokenizer of the model
     * @param data      folder with stories and PIQA
     * @param maxLength most tokens in a row
     * @param count     how many rows: a whole number of batches
     * @param folder    where to
     */
    TrainingRows(Tokenizer tokenizer, Path data, int maxLength, int count, Path folder) {
        this.tokenizer = tokenizer;
        this.data = data;
        this.maxLength = maxLength;
        this.count = count;
        this.folder = folder;
    }

    Written write(Kind kind, int batchSize) throws IOException {
        Path texts = folder.resolve(kind + ".jsonl");
        Files.write(texts, texts(kind));
        String prompt = kind.templates.get("prompt");
        DataConfig entry = new DataConfig(texts.toString(), null, kind.templates.get("text"), prompt,
                kind.templates.get("completion"), null, 1, false, null, null);
        List<String> lines = new ArrayList<>();
        long tokens = 0;
        long firstTokens = 0;
        try (PhaseData rows = PhaseData.prepare(List.of(entry), tokenizer, maxLength, folder.resolve("tokens"),
                null, SEED)) {
            BatchPlan plan = rows.plan(batchSize, false);
            while (lines.size() < count) {
                Batch batch = plan.next();
                for (int row = 0; row < batch.rows(); row++) {
                    Document document = batch.documents(row).get(0);
                    lines.add(line(document));
                    tokens += document.length();
                }
                firstTokens = firstTokens == 0 ? tokens : firstTokens;
            }
        }
        Map<String, String> inExperiment = new LinkedHashMap<>(kind.templates);
        inExperiment.put("path", texts.toString());
        return new Written(kind, inExperiment, Files.write(folder.resolve(kind + "-ids.jsonl"), lines), maxLength,
                tokens, firstTokens);
    }

    /** As many as are wanted, again from the first on where there are fewer. */
    private List<String> texts(Kind kind) throws IOException {
        Path source = data.resolve(kind.source);
        if (!Files.isRegularFile(source)) {
            throw new InvalidInputException("bench throughput: expected rows at " + source + ", found no such file. Name"
                    + " a folder that has it with --data-dir.");
        }
        List<String> found = Files.readAllLines(source).stream()
                .filter(line -> kind == Kind.EQUAL ? isLong(line) : isShort(line)).toList();
        if (found.isEmpty()) {
            throw new InvalidInputException("bench throughput: expected in " + source + " a row of at "
                    + (kind == Kind.EQUAL ? "least " : "most ") + maxLength + " tokens, found none. Change"
                    + " --set maxLength.");
        }
        return IntStream.range(0, count).mapToObj(row -> found.get(row % found.size())).toList();
    }

    private boolean isLong(String line) {
        return tokenizer.encode(field(line, "text")).length >= maxLength;
    }

    /** Whether nothing will be cut off, with BOS and EOS. */
    private boolean isShort(String line) {
        String text = "Question: " + field(line, "goal") + "\nAnswer: " + field(line, "sol1");
        return tokenizer.encode(text).length + 2 <= maxLength;
    }

    private static String field(String line, String name) {
        return JsonParser.parseString(line).getAsJsonObject().get(name).getAsString();
    }

    private static String line(Document document) {
        int[] ids = IntStream.range(0, document.length()).map(document::token).toArray();
        int[] labels = IntStream.range(0, ids.length).map(at -> at < document.targetStart() ? -100 : ids[at]).toArray();
        return new Gson().toJson(Map.of("input_ids", ids, "labels", labels));
    }
}
