package io.ballast.data;

import io.ballast.InvalidInputException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The SQL that reads a file: (row number, row as it stands in the file), for the rows that a condition chooses.
 * The condition looks at a second scan of the file beside the first, row by row, where DuckDB has given the
 * columns types.
 */
final class RowQuery {
    private static final String RAW = "\"__ballast_raw\"";
    private static final String NUMBER = "\"__ballast_number\"";
    /** Strings that look like dates stay strings: no text has this form. */
    private static final String NO_DATES = ", dateformat='%Y never a date', timestampformat='%Y never a time'";
    private static final String CSV_FORM = ", header=true, allow_quoted_nulls=false, sample_size=-1";

    private final Path file;
    private final DataFormat format;
    private final String where;

    RowQuery(Path file, String where) {
        this.file = file;
        this.format = DataFormat.of(file);
        this.where = where;
    }

    DataFormat format() {
        return format;
    }

    String where() {
        return where;
    }

    String sql() {
        String raw = "SELECT row_number() OVER () AS " + NUMBER + ", " + rawScan();
        if (where == null) {
            return raw;
        }
        // The line break ends a comment that the condition may end with.
        return "SELECT " + NUMBER + ", " + RAW + " FROM (" + raw + ") POSITIONAL JOIN " + typedScan()
                + " AS data WHERE (" + where + "\n)";
    }

    private String rawScan() {
        String name = literal(file);
        return switch (format) {
            case JSON_LINES -> "json AS " + RAW + " FROM read_ndjson_objects(" + name + ")";
            case CSV -> RAW + " FROM read_csv(" + name + CSV_FORM + ", all_varchar=true) AS " + RAW;
            case PARQUET -> RAW + " FROM read_parquet(" + name + ") AS " + RAW;
        };
    }

    private String typedScan() {
        String name = literal(file);
        return switch (format) {
            case JSON_LINES -> "read_json(" + name + ", format='newline_delimited', records='true', sample_size=-1,"
                    + " maximum_depth=-1, map_inference_threshold=-1, field_appearance_threshold=0" + NO_DATES + ")";
            case CSV -> "read_csv(" + name + CSV_FORM + ")";
            case PARQUET -> "read_parquet(" + name + ")";
        };
    }

    /** The file's name as an SQL string in which DuckDB finds no pattern: {@code [*]} matches a star only. */
    private static String literal(Path file) {
        return "'" + file.toString().replaceAll("[\\[*?]", "[$0]").replace("'", "''") + "'";
    }

    InvalidInputException explain(SQLException failed) {
        if (format == DataFormat.JSON_LINES) {
            Optional<InvalidInputException> broken = JsonRow.firstBroken(file);
            if (broken.isPresent()) {
                return broken.get();
            }
        }
        String reason = failed.getMessage().replaceFirst("(?s)^.*?\\nError: ", "").strip();
        return new InvalidInputException("The data file " + file
                + (where == null ? "" : " with \"where\": \"" + where + "\"") + " cannot be read: " + reason, failed);
    }
}
