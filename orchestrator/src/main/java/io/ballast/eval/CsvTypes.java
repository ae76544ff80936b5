package io.ballast.eval;

import io.ballast.data.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Types for the columns of a CSV file, whose values are texts, as lm-eval gets them from {@code datasets}: a column of
 * whole numbers, of numbers or of truth values is one; an empty cell is null.
 */
final class CsvTypes {
    private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]{1,18}");
    private static final Pattern NUMBER = Pattern.compile("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,3})?");
    private static final Pattern TRUTH = Pattern.compile("True|False|true|false|TRUE|FALSE");

    private CsvTypes() {}

    /**
     * @param rows of one kind of file
     * @return the same, with types where the file knows none
     */
    static List<Row> typed(List<Row> rows) {
        if (rows.isEmpty() || !rows.get(0).file().toString().matches("(?i).*\\.[ct]sv")) {
            return rows;
        }
        Map<String, Function<String, Object>> readers = new LinkedHashMap<>();
        rows.get(0).columns().keySet().forEach(column -> readers.put(column, reader(rows, column)));
        List<Row> typed = new ArrayList<>();
        for (Row row : rows) {
            Map<String, Object> values = new LinkedHashMap<>();
            row.columns().forEach((column, value) -> values.put(column, value == null || value.equals("") ? null
                    : readers.get(column).apply((String) value)));
            typed.add(new Row(row.file(), row.line(), values));
        }
        return typed;
    }

    private static Function<String, Object> reader(List<Row> rows, String column) {
        if (all(rows, column, WHOLE)) {
            return rows.stream().allMatch(row -> filled(row, column)) ? Long::valueOf : Double::valueOf;
        }
        if (all(rows, column, NUMBER)) {
            return Double::valueOf;
        }
        return all(rows, column, TRUTH) ? Boolean::valueOf : text -> text;
    }

    private static boolean all(List<Row> rows, String column, Pattern pattern) {
        return rows.stream().filter(row -> filled(row, column))
                .allMatch(row -> pattern.matcher((String) row.columns().get(column)).matches());
    }

    private static boolean filled(Row row, String column) {
        Object value = row.columns().get(column);
        return value != null && !value.equals("");
    }
}
