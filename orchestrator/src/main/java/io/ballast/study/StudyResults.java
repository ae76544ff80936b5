package io.ballast.study;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.ballast.InvalidInputException;
import io.ballast.data.WholeFiles;
import io.ballast.schema.JsonRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code results.json}: every row that was run, so that a study goes on where it stopped, also on another machine.
 *
 * @param schema    1
 * @param name      of the study
 * @param learned   by domain what learning is told by
 * @param kept      by domain what keeping is told by
 * @param baselines the scores before the domain phase
 * @param rows      the runs
 */
public record StudyResults(int schema, String name, Map<String, Measure> learned, Map<String, Measure> kept,
        List<Baseline> baselines, List<StudyRow> rows) {

    /** Name of the file in a study's folder. */
    public static final String FILE = "results.json";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().create();

    /**
     * The model's scores at a stage before the domain phase.
     *
     * @param domain  name of the domain
     * @param seed    of the run that measured it
     * @param stage   base or anchored
     * @param learned its domain score
     * @param kept    its general score
     */
    public record Baseline(String domain, long seed, String stage, double learned, double kept) {
    }

    static StudyResults empty(String name) {
        return new StudyResults(1, name, new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(),
                new ArrayList<>());
    }

    /**
     * Reads the results of a study that was begun.
     *
     * @param file results.json
     * @return its content
     * @throws InvalidInputException when it is no such file
     */
    public static StudyResults read(Path file) {
        try {
            String text = Files.readString(file);
            JsonRecord.checkSchema(GSON, text, 1);
            return JsonRecord.parse(GSON, text, StudyResults.class);
        } catch (IOException | JsonParseException e) {
            throw new InvalidInputException("expected results of a study, schema 1, in " + file + ", found " + e.getMessage()
                    + ". Move the file away to begin anew.", e);
        }
    }

    /**
     * The row of a run that was made before and need not be tried again.
     *
     * @param run of the study
     * @return its row, or nothing
     */
    public Optional<StudyRow> row(StudyRun run) {
        return rows.stream().filter(row -> isOf(row, run) && row.isResult()).findFirst();
    }

    /** Adds a run's row, in place of one that was no result. */
    void add(StudyRun run, StudyRow made) {
        rows.removeIf(row -> isOf(row, run));
        rows.add(made);
    }

    private static boolean isOf(StudyRow row, StudyRun run) {
        return row.key().equals(run.key()) && row.method().equals(run.method());
    }

    boolean hasBaselines(String domain, long seed) {
        return baselines.stream().anyMatch(each -> each.domain().equals(domain) && each.seed() == seed);
    }

    /** @return the content of results.json; a score that is missing is NaN, which JSON proper does not have */
    public String toJson() {
        return GSON.toJson(this) + "\n";
    }

    /** Writes the file so that a reader finds the old one or the new one, never a part. */
    void write(Path folder) {
        try {
            Files.createDirectories(folder);
            WholeFiles.write(folder.resolve(FILE), toJson());
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + folder.resolve(FILE), e);
        }
    }
}
