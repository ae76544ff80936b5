package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Row;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rows of a task, under the names and with the types that its templates expect.
 *
 * @param data     what is asked about
 * @param examples what examples are drawn from, or null: from the same rows
 * @param columns  the task's column names to the file's, where they differ
 */
record TaskRows(TaskData data, TaskData examples, Map<String, String> columns) {
    /**
     * @return what is asked about
     * @throws InvalidInputException when a file cannot be read, or a column has values of several kinds
     */
    List<Row> asked() {
        return read(data);
    }

    /** @return what examples are drawn from; empty for the rows themselves */
    List<Row> drawnFrom() {
        return examples == null ? List.of() : read(examples);
    }

    private List<Row> read(TaskData from) {
        List<Row> rows = CsvTypes.typed(from.rows());
        requireOneKind(rows);
        return columns.isEmpty() ? rows : rows.stream().map(this::renamed).toList();
    }

    private Row renamed(Row row) {
        Map<String, Object> values = new LinkedHashMap<>(row.columns());
        columns.forEach((wanted, found) -> {
            if (!row.columns().containsKey(found)) {
                throw row.invalid("\"columns\" expects a column '" + found + "', found "
                        + String.join(", ", row.columns().keySet()));
            }
            values.put(wanted, row.columns().get(found));
        });
        return new Row(row.file(), row.line(), values);
    }

    /** A template cannot tell "1" from 1, and a comparison in it would silently go wrong. */
    private static void requireOneKind(List<Row> rows) {
        Map<String, String> kinds = new LinkedHashMap<>();
        for (Row row : rows) {
            row.columns().forEach((column, value) -> {
                String kind = kind(value);
                String before = kind == null ? null : kinds.putIfAbsent(column, kind);
                if (before != null && !before.equals(kind)) {
                    throw row.invalid("expected values of one kind in column '" + column + "', found " + kind
                            + " after " + before + "; write all as one kind");
                }
            });
        }
    }

    private static String kind(Object value) {
        if (value == null) {
            return null;
        }
        return value instanceof String ? "a text" : value instanceof Boolean ? "a truth value"
                : value instanceof Number ? "a number" : value instanceof List<?> ? "a list" : "an object";
    }

    /** @return the files that are read, by which a change is seen */
    Map<Path, String> state() {
        Map<Path, String> state = new LinkedHashMap<>(data.state());
        if (examples != null) {
            state.putAll(examples.state());
        }
        return state;
    }
}
