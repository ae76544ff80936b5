package io.ballast.data;

import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Blob;
import java.sql.SQLException;
import java.sql.Struct;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBStruct;

/** DuckDB's values as the values of a {@link Row}. */
final class SqlValues {
    private SqlValues() {
    }

    static Map<String, Object> columns(Object row) throws SQLException {
        return map(((DuckDBStruct) row).getMap());
    }

    private static Map<String, Object> map(Map<?, ?> entries) throws SQLException {
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            values.put(String.valueOf(entry.getKey()), value(entry.getValue()));
        }
        return values;
    }

    private static List<Object> list(Iterable<?> elements) throws SQLException {
        List<Object> values = new ArrayList<>();
        for (Object element : elements) {
            values.add(value(element));
        }
        return values;
    }

    private static Object value(Object value) throws SQLException {
        if (value == null || value instanceof String || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Number number) {
            return number(number);
        }
        if (value instanceof Array array) {
            return list(Arrays.asList((Object[]) array.getArray()));
        }
        if (value instanceof Struct) {
            return map(((DuckDBStruct) value).getMap());
        }
        if (value instanceof Map<?, ?> map) {
            return map(map);
        }
        return text(value);
    }

    /** Whole numbers of all widths are one type, as in JSON; a float prints its own digits, not a double's. */
    private static Object number(Number number) {
        if (number instanceof Byte || number instanceof Short || number instanceof Integer) {
            return number.longValue();
        }
        return number instanceof Float ? (Object) Double.valueOf(number.toString()) : number;
    }

    /** What JSON has no type for becomes text. Bytes are read as UTF-8: older writers do not mark strings. */
    private static String text(Object value) throws SQLException {
        if (value instanceof Blob blob) {
            return new String(blob.getBytes(1, (int) blob.length()), StandardCharsets.UTF_8);
        }
        return value instanceof Timestamp time ? time.toLocalDateTime().toString() : value.toString();
    }
}
