package io.ballast.eval;

import io.ballast.data.Row;
import io.ballast.data.RowReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * The rows of an evaluation entry.
 *
 * @param file  a .jsonl, .csv or .parquet file
 * @param where an SQL condition over the columns, or null for all rows
 * @param limit the first rows only, or null for all
 * @param subject the column that says what a row is about, or null for the usual ones
 */
public record TaskData(Path file, String where, Integer limit, String subject) {
    /**
     * Rows of which no column is named that says what they are about.
     *
     * @param file  a .jsonl, .csv or .parquet file
     * @param where an SQL condition over the columns, or null for all rows
     * @param limit the first rows only, or null for all
     */
    public TaskData(Path file, String where, Integer limit) {
        this(file, where, limit, null);
    }

    /**
     * @param item makes an item of a row and its index
     * @return one item a row
     * @throws io.ballast.InvalidInputException when the file cannot be read or no row is left
     */
    Items items(BiFunction<Row, Integer, Item> item) {
        List<Item> items = new ArrayList<>();
        int available = 0;
        try (RowReader rows = RowReader.open(file, where)) {
            while (rows.hasNext()) {
                Row row = rows.next();
                if (limit == null || available < limit) {
                    requireSubject(row);
                    items.add(item.apply(row, available));
                }
                available++;
            }
        }
        return new Items(items, available);
    }

    private void requireSubject(Row row) {
        if (subject != null && !row.columns().containsKey(subject)) {
            throw row.invalid("expected the column '" + subject + "', which \"subject\" names; found "
                    + String.join(", ", row.columns().keySet()) + ". Name one of these, or leave \"subject\" out.");
        }
    }
}
