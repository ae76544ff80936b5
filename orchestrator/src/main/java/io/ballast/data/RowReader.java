package io.ballast.data;

import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Reads the rows of a JSON Lines, CSV or Parquet file, in the file's order and one at a time, through DuckDB in
 * memory. A row is given exactly as it stands in the file; the types that DuckDB guesses over the whole file
 * serve the condition only.
 */
public final class RowReader implements Iterator<Row>, AutoCloseable {
    private final Path file;
    private final RowQuery query;
    private final Connection connection;
    private final LineCounter lines;
    private PreparedStatement statement;
    private ResultSet results;
    private Row next;

    private RowReader(Path file, String where) throws SQLException {
        this.file = file;
        this.query = new RowQuery(file, where);
        this.connection = RowDatabase.connect();
        this.lines = LineCounter.of(file);
    }

    /** Loads DuckDB, whose library is unpacked first: tenths of a second that another thread may spare. */
    public static void load() {
        try {
            RowDatabase.connect().close();
        } catch (SQLException failed) {
            throw new IllegalStateException("DuckDB did not start", failed);
        }
    }

    /**
     * Opens the file of a data entry.
     *
     * @param data its path and condition
     * @return its rows; at least one
     * @throws InvalidInputException as {@link #open(Path, String)}
     */
    public static RowReader open(DataConfig data) {
        return open(Path.of(data.path()), data.where());
    }

    /**
     * Opens a data file.
     *
     * @param file  a .jsonl, .csv or .parquet file
     * @param where an SQL condition over the columns, or null for all rows
     * @return its rows; at least one
     * @throws InvalidInputException if the file is missing, cannot be read, the condition is wrong, or no row is
     *                               left
     */
    public static RowReader open(Path file, String where) {
        if (!Files.isRegularFile(file)) {
            throw missing(file);
        }
        RowReader reader = null;
        try {
            reader = new RowReader(file, where);
            reader.start();
            return reader;
        } catch (SQLException failed) {
            close(reader);
            throw new IllegalStateException("DuckDB did not start", failed);
        } catch (RuntimeException | Error failed) {
            close(reader);
            throw failed;
        }
    }

    static InvalidInputException missing(Path file) {
        return new InvalidInputException("There is no data file " + file
                + (Files.isDirectory(file) ? "; it is a folder. Name a file in it." : ". Check \"path\"."));
    }

    private void start() {
        try {
            statement = connection.prepareStatement(query.sql());
            results = statement.executeQuery();
        } catch (SQLException failed) {
            throw query.explain(failed);
        }
        advance();
        if (next == null) {
            throw new InvalidInputException("No row is left of " + file + (query.where() == null ? ": it is empty."
                    : " where " + query.where() + ". Check the condition."));
        }
    }

    private void advance() {
        try {
            next = results.next() ? read() : null;
        } catch (SQLException failed) {
            throw query.explain(failed);
        }
    }

    private Row read() throws SQLException {
        long line = lines.lineOf(results.getLong(1));
        if (query.format() == DataFormat.JSON_LINES) {
            return JsonRow.parse(file, line, results.getString(2));
        }
        return new Row(file, line, SqlValues.columns(results.getObject(2)));
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    @Override
    public Row next() {
        if (next == null) {
            throw new NoSuchElementException("All rows of " + file + " have been read");
        }
        Row row = next;
        advance();
        return row;
    }

    /** Ends the reading. May be called twice. */
    @Override
    public void close() {
        next = null;
        lines.close();
        try {
            if (statement != null) {
                statement.close();
            }
            connection.close();
        } catch (SQLException failed) {
            throw new IllegalStateException("DuckDB did not close", failed);
        }
    }

    private static void close(RowReader reader) {
        if (reader != null) {
            reader.close();
        }
    }
}
