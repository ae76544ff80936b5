package io.ballast.data;

import io.ballast.InvalidInputException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;

/**
 * The SQL that reads a file: (row number, row as it stands in the file), for the rows that a condition chooses.
 * The condition looks at a second scan of the file beside the first, row by row, where DuckDB has given the
 * columns types.
 */
final class RowQuery {
    private static final String RAW = "\"__ballast_raw\"";
    private static final String NUMBER = "\"__ballast_number\"";
    /** RFC 4180, told rather than guessed: prose has all the marks that a guess goes by. */
    private static final String CSV_FORM = ", header=true, quote='\"', escape='\"', comment='', skip=0,"
            + " allow_quoted_nulls=false, sample_size=-1, delim=";

    private static final String HEAP_IS_FULL = "Java heap space";

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
        if (where == null) {
            return "SELECT row_number() OVER () AS " + NUMBER + ", " + rawScan();
        }
        // Numbered after the join: DuckDB would keep the whole of a numbered side of it in memory.
        String both = "SELECT row_number() OVER () AS " + NUMBER + ", " + RAW + ", data.* FROM (SELECT " + rawScan()
                + ") POSITIONAL JOIN " + typedScan() + " AS data";
        // The line break ends a comment that the condition may end with.
        return "SELECT " + NUMBER + ", " + RAW + " FROM (" + both + ") AS data WHERE (" + where + "\n)";
    }

    private String rawScan() {
        String name = literal(file);
        return switch (format) {
            case JSON_LINES -> "json AS " + RAW + " FROM read_ndjson_objects(" + name + ")";
            case CSV -> RAW + " FROM read_csv(" + name + CSV_FORM + delimiter() + ", all_varchar=true) AS " + RAW;
            case PARQUET -> RAW + " FROM read_parquet(" + name + ") AS " + RAW;
        };
    }

    private String typedScan() {
        String name = literal(file);
        return switch (format) {
            case JSON_LINES -> "read_json(" + name + ", format='newline_delimited', columns="
                    + JsonType.columnsOf(file) + ")";
            case CSV -> "read_csv(" + name + CSV_FORM + delimiter() + ")";
            case PARQUET -> "read_parquet(" + name + ")";
        };
    }

    private String delimiter() {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".tsv") ? "'\t'" : "','";
    }

    /** The file's name as an SQL string in which DuckDB finds no pattern: {@code [*]} matches a star only. */
    private static String literal(Path file) {
        return "'" + file.toString().replaceAll("[\\[*?]", "[$0]").replace("'", "''") + "'";
    }

    InvalidInputException explain(SQLException failed) {
        RowDatabase.giveUp();
        if (String.valueOf(failed.getMessage()).contains(HEAP_IS_FULL)) { // DuckDB makes an error of its own of it
            throw new OutOfMemoryError(HEAP_IS_FULL);
        }
        if (format == DataFormat.JSON_LINES) {
            try {
                // DuckDB's own line can be one off.
                JsonRow.forEach(file, row -> { });
            } catch (InvalidInputException broken) {
                return broken;
            }
        }
        String reason = failed.getMessage().replaceFirst("(?s)^.*?\\nError: ", "").strip();
        return new InvalidInputException("The data file " + file
                + (where == null ? "" : " with \"where\": \"" + where + "\"") + " cannot be read: " + reason, failed);
    }
}
