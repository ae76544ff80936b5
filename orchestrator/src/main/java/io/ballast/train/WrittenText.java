package io.ballast.train;

import com.google.gson.JsonObject;
import io.ballast.InvalidInputException;
import io.ballast.StoppedException;
import io.ballast.config.DataConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.GenerateConfig;
import io.ballast.config.TaskConfig;
import io.ballast.data.BatchSlot;
import io.ballast.data.CacheFolder;
import io.ballast.data.Sha256;
import io.ballast.data.Tokenizer;
import io.ballast.data.WholeFiles;
import io.ballast.python.Bridge;
import io.ballast.ranks.Rounds;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Collectors;
import java.util.ArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * General text that the model writes itself, in place of a corpus. It is written once and kept with the token stores;
 * the next run with the same model, settings and seed reads the same file. Text for training and text for evaluation are
 * drawn with seeds of their own.
 */
final class WrittenText {
    private static final long SEEDS_APART = 1_000_003;

    private final Bridge bridge;
    private final long model;
    private final String modelHash;
    private final Tokenizer tokenizer;
    private final EventLog log;
    private final BooleanSupplier cancelled;
    private long seed;

    WrittenText(Bridge bridge, long model, String modelHash, Tokenizer tokenizer, EventLog log,
            BooleanSupplier cancelled) {
        this.bridge = bridge;
        this.model = model;
        this.modelHash = modelHash;
        this.tokenizer = tokenizer;
        this.log = log;
        this.cancelled = cancelled;
    }

    /** The experiment with files in place of text that is yet to be written. */
    ExperimentConfig in(ExperimentConfig experiment) {
        seed = experiment.seed();
        UnaryOperator<List<DataConfig>> data = entries -> entries == null ? null : entries.stream()
                .map(entry -> entry.generate() == null ? entry : entry.from(file(entry.generate()))).toList();
        UnaryOperator<List<TaskConfig>> tasks = entries -> entries.stream()
                .map(entry -> entry.generate() == null ? entry : entry.ofWritten(file(entry.generate()))).toList();
        return experiment.withData(data).withEvaluation(experiment.evaluation().withTasks(tasks));
    }

    private String file(GenerateConfig wanted) {
        seed += SEEDS_APART;
        String key = new Sha256().text(modelHash).text(tokenizer.fingerprint()).text(wanted.documents() + " "
                + wanted.tokens() + " " + wanted.temperature() + " " + wanted.topP() + " " + wanted.batchSize())
                .text(Long.toString(seed)).hex();
        Path file = CacheFolder.of("written").resolve(key + ".jsonl");
        boolean isThere = !bridge.ranks().ofFirst(Files.exists(file) ? "there" : "").isEmpty();
        if (!isThere) {
            String documents = documents(wanted);
            bridge.ranks().firstAlone(() -> write(file, documents));
        }
        return file.toString();
    }

    /** Ranks that share a cache find it there. */
    private static Path write(Path file, String documents) {
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(file.getParent());
                WholeFiles.write(file, documents);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + file, e);
        }
    }

    private String documents(GenerateConfig wanted) {
        int first = tokenizer.bos().orElseGet(() -> tokenizer.eos().orElseThrow(() -> new InvalidInputException(
                "expected a tokenizer with a token that begins or ends a text, found one without: the model cannot be"
                        + " asked to write. Give general text as a file.")));
        LongBuffer ids = BatchSlot.allocate(wanted.batchSize(), wanted.tokens());
        List<String> lines = new ArrayList<>();
        int batches = (wanted.documents() + wanted.batchSize() - 1) / wanted.batchSize();
        new Rounds(bridge.ranks(), model).run(String.class, batches, batch -> {
            int written = batch * wanted.batchSize();
            int rows = Math.min(wanted.batchSize(), wanted.documents() - written);
            bridge.scoring().generate(model, first, tokenizer.eos().orElse(first), wanted.temperature(), wanted.topP(),
                    seed + written, rows, wanted.tokens(), ids);
            return IntStream.range(0, rows).mapToObj(row -> line(ids, row * wanted.tokens(), wanted.tokens())).toList();
        }, some -> {
            lines.addAll(some);
            log.progress("writing", "general text", lines.size(), Map.of("total", (long) wanted.documents()));
        }, cancelled, () -> new StoppedException("Stopped while the model wrote general text, after " + lines.size()
                + " of " + wanted.documents() + " documents."));
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private String line(LongBuffer ids, int from, int most) {
        int length = 0;
        while (length < most && ids.get(from + length) >= 0) {
            length++;
        }
        int[] document = new int[length];
        for (int i = 0; i < length; i++) {
            document[i] = (int) ids.get(from + i);
        }
        JsonObject row = new JsonObject();
        row.addProperty(DataConfig.WRITTEN, tokenizer.decode(document));
        return row.toString();
    }
}
