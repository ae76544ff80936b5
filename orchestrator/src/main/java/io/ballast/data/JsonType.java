package io.ballast.data;

import io.ballast.InvalidInputException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeSet;

/**
 * The SQL type that holds all values seen of a JSON value. DuckDB can find types by itself, but it
 * takes strings that look like dates or UUIDs for such, and looking at all rows costs it memory.
 */
final class JsonType {
    /** An object with more keys than this over all rows is a dictionary rather than a record: left as JSON. */
    private static final int MOST_FIELDS = 200;
    private static final int HUGEINT_BITS = 127;

    private boolean logical;
    private boolean text;
    private boolean whole;
    private boolean wide;
    private boolean fraction;
    private JsonType element;
    private Map<String, JsonType> fields;

    /** The columns of a JSON Lines file as {@code read_json} takes them; looks at all rows, one at a time. */
    static String columnsOf(Path file) {
        JsonType row = new JsonType();
        JsonRow.forEach(file, seen -> row.add(seen.columns()));
        if (row.fields == null) {
            throw new InvalidInputException("No row is left of " + file + ": it is empty.");
        }
        StringJoiner columns = new StringJoiner(", ", "{", "}");
        row.namedFields().forEach((name, type) -> columns.add(quoted(name, '\'') + ": " + quoted(type.sql(), '\'')));
        return columns.toString();
    }

    private void add(Object value) {
        if (value instanceof Map<?, ?> map) {
            fields = fields == null ? new LinkedHashMap<>() : fields;
            map.forEach((name, field) -> fields.computeIfAbsent(name.toString(), key -> new JsonType()).add(field));
        } else if (value instanceof List<?> list) {
            element = element == null ? new JsonType() : element;
            list.forEach(element::add);
        } else if (value instanceof Boolean) {
            logical = true;
        } else if (value instanceof String) {
            text = true;
        } else if (value != null) {
            addNumber(value);
        }
    }

    private void addNumber(Object number) {
        whole |= number instanceof Long;
        boolean huge = number instanceof BigInteger integer && integer.bitLength() <= HUGEINT_BITS;
        wide |= huge;
        fraction |= !(number instanceof Long) && !huge;
    }

    private String sql() {
        boolean number = whole || wide || fraction;
        int kinds = (logical ? 1 : 0) + (text ? 1 : 0) + (number ? 1 : 0) + (element == null ? 0 : 1)
                + (fields == null ? 0 : 1);
        if (kinds > 1) {
            return "JSON";
        }
        if (element != null) {
            return element.sql() + "[]";
        }
        if (fields != null) {
            return struct();
        }
        return logical ? "BOOLEAN" : number ? numeric() : "VARCHAR";
    }

    private String numeric() {
        return fraction ? "DOUBLE" : wide ? "HUGEINT" : "BIGINT";
    }

    private String struct() {
        Map<String, JsonType> named = namedFields();
        if (named.isEmpty() || named.size() > MOST_FIELDS) {
            return "JSON";
        }
        StringJoiner struct = new StringJoiner(", ", "STRUCT(", ")");
        named.forEach((name, type) -> struct.add(quoted(name, '"') + " " + type.sql()));
        return struct.toString();
    }

    /** SQL has no empty names, and none that differ in case only: the first of those is what a condition sees. */
    private Map<String, JsonType> namedFields() {
        Map<String, JsonType> named = new LinkedHashMap<>();
        TreeSet<String> taken = new TreeSet<>();
        fields.forEach((name, type) -> {
            if (!name.isEmpty() && taken.add(name.toLowerCase(Locale.ROOT))) {
                named.put(name, type);
            }
        });
        return named;
    }

    private static String quoted(String name, char quote) {
        String mark = String.valueOf(quote);
        return mark + name.replace(mark, mark + mark) + mark;
    }
}
