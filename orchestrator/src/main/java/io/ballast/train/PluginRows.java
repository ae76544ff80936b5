package io.ballast.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonIOException;
import io.ballast.InvalidInputException;
import io.ballast.PluginException;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.PluginName;
import io.ballast.config.TaskConfig;
import io.ballast.data.Row;
import io.ballast.data.RowFile;
import io.ballast.data.RowReader;
import io.ballast.data.RowSource;
import io.ballast.data.RowSources;
import io.ballast.model.HubAddress;
import io.ballast.model.SourceAddress;
import io.ballast.python.Bridge;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Rows that plug-ins give: sources in Java, and transforms in Python of the rows that a condition leaves. They become
 * files, so that everything after sees data files only, and is known by what the rows are, whatever code made them.
 */
public final class PluginRows {
    private static final int ROWS_PER_CALL = 256;
    private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private final Bridge bridge;
    private final Map<List<String>, String> files = new HashMap<>();

    private PluginRows(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * @param config an experiment
     * @return whether any of its rows come of plug-ins
     */
    public static boolean areIn(ExperimentConfig config) {
        return config.phases().stream().flatMap(phase -> phase.entries().stream())
                .anyMatch(entry -> entry.transform() != null || SourceAddress.is(entry.path()))
                || config.evaluation().tasks().stream().anyMatch(entry -> entry.transform() != null
                        || SourceAddress.is(entry.rows()) || SourceAddress.is(entry.shotsData()));
    }

    /**
     * Asks the plug-ins for their rows.
     *
     * @param config an experiment; what is on the hub is left for later
     * @param bridge to Python
     * @return the same with files
     * @throws InvalidInputException when a plug-in is not there, fails, or gives no row
     */
    public static ExperimentConfig in(ExperimentConfig config, Bridge bridge) {
        if (!areIn(config)) {
            return config;
        }
        PluginRows rows = new PluginRows(bridge);
        EvaluationConfig evaluation = config.evaluation();
        return config.withData(rows::of).withEvaluation(evaluation.withTasks(
                evaluation.general().stream().map(task -> rows.of(task, config.general())).toList(),
                evaluation.domain().stream().map(task -> rows.of(task, config.domainOf(task).orElse(null))).toList()));
    }

    /**
     * The same of an evaluation without an experiment that could lend templates.
     *
     * @param evaluation what is measured
     * @param bridge     to Python
     * @return the same with files
     */
    static EvaluationConfig in(EvaluationConfig evaluation, Bridge bridge) {
        // It has no folder, and an earlier experiment's is not meant.
        bridge.plugins().lookIn(List.of(), Double.parseDouble(PluginName.SECONDS));
        PluginRows rows = new PluginRows(bridge);
        return evaluation.withTasks(tasks -> tasks.stream().map(task -> rows.of(task, null)).toList());
    }

    private List<DataConfig> of(List<DataConfig> entries) {
        return entries == null ? null : entries.stream().map(this::of).toList();
    }

    private DataConfig of(DataConfig entry) {
        if (entry.path() == null || HubAddress.is(entry.path())) {
            return entry;
        }
        String file = file(entry.path());
        return entry.transform() == null ? entry.from(file)
                : entry.ofRows(transformed(file, entry.where(), entry.transform()));
    }

    /** A perplexity that borrows templates borrows the transform that its columns come from, and the condition too. */
    private TaskConfig of(TaskConfig entry, PhaseConfig lender) {
        TaskConfig local = entry.withFiles(this::file);
        boolean borrows = entry.perplexity() != null && entry.text() == null && entry.completion() == null;
        DataConfig lent = borrows && lender != null ? lender.data().get(0) : null;
        String transform = entry.transform() != null || lent == null ? entry.transform() : lent.transform();
        if (transform == null || entry.rows() != null && HubAddress.is(entry.rows())) {
            return local;
        }
        if (entry.rows() == null) {
            throw new InvalidInputException("evaluation '" + entry.name() + "': expected \"data\" with \"transform\","
                    + " found none. Name the task's file.");
        }
        String where = entry.where() != null || lent == null ? entry.where() : lent.where();
        return local.ofRows(transformed(local.rows(), where, transform));
    }

    private String file(String path) {
        return SourceAddress.is(path) ? files.computeIfAbsent(List.of(path), address -> ofSource(path)) : path;
    }

    private static String ofSource(String address) {
        RowSource source = RowSources.of(address);
        try (RowFile file = new RowFile()) {
            write(source, address, file);
            return file.finish("the source of " + address).toString();
        }
    }

    private static void write(RowSource source, String address, RowFile file) {
        try (Stream<Map<String, Object>> rows = source.rows(URI.create(address))) {
            rows.forEachOrdered(row -> file.add(line(row)));
        } catch (RuntimeException failed) { // whatever code of others throws
            throw PluginException.of("the source of " + address, source.getClass(), failed);
        }
    }

    private static String line(Map<String, Object> row) {
        try {
            return GSON.toJson(row) + "\n";
        } catch (JsonIOException | IllegalArgumentException unwritable) {
            throw new IllegalArgumentException("expected a row of texts, finite numbers, truth values, null, lists and"
                    + " maps, found " + row, unwritable);
        }
    }

    private String transformed(String file, String where, String transform) {
        List<String> key = Stream.of(file, where == null ? "" : where, transform).toList();
        return files.computeIfAbsent(key, same -> transform(file, where, transform));
    }

    private String transform(String path, String where, String name) {
        long transform = bridge.plugins().openTransform(name);
        try (RowFile file = new RowFile(); RowReader rows = RowReader.open(Path.of(path), where)) {
            while (rows.hasNext()) {
                file.add(bridge.plugins().transform(transform, GSON.toJson(chunk(rows))));
            }
            return file.finish("the transform " + name).toString();
        } finally {
            bridge.release(transform);
        }
    }

    private static List<Map<String, Object>> chunk(RowReader rows) {
        List<Map<String, Object>> chunk = new ArrayList<>();
        while (rows.hasNext() && chunk.size() < ROWS_PER_CALL) {
            Row row = rows.next();
            chunk.add(row.columns());
        }
        return chunk;
    }
}
