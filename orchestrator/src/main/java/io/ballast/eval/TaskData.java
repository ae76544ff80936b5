package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Row;
import io.ballast.data.RowReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The data files of an evaluation entry.
 *
 * @param files .jsonl, .json, .csv or .parquet files, read one after the other
 * @param where an SQL condition over the columns, or null for all rows
 * @param limit the first documents only, or null for all
 * @param subject the column that says what a row is about, or null for the usual ones
 */
public record TaskData(List<Path> files, String where, Integer limit, String subject) {
    /**
     * @param file  a data file
     * @param where an SQL condition over the columns, or null for all rows
     * @param limit the first documents only, or null for all
     */
    public TaskData(Path file, String where, Integer limit) {
        this(List.of(file), where, limit, null);
    }

    /**
     * @return the rows that the condition leaves, at least one a file
     * @throws InvalidInputException when a file cannot be read, no row of it is left, or one has no subject
     */
    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Path file : files) {
            try (RowReader reader = RowReader.open(file, where)) {
                reader.forEachRemaining(row -> {
                    requireSubject(row);
                    rows.add(row);
                });
            }
        }
        return rows;
    }

    /** @return size and time of each file, by which a change is seen */
    Map<Path, String> state() {
        Map<Path, String> state = new LinkedHashMap<>();
        for (Path file : files) {
            try {
                state.put(file, Files.size(file) + " bytes of " + Files.getLastModifiedTime(file));
            } catch (IOException e) {
                state.put(file, "no file");
            }
        }
        return state;
    }

    private void requireSubject(Row row) {
        if (subject != null && !row.columns().containsKey(subject)) {
            throw row.invalid("expected the column '" + subject + "', which \"subject\" names; found "
                    + String.join(", ", row.columns().keySet()) + ". Name one of these, or leave \"subject\" out.");
        }
    }
}
