package io.ballast.data;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.ballast.InvalidInputException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One row of a data file. A value is a {@code String}, {@code Long}, {@code BigInteger}, {@code Double},
 * {@code BigDecimal}, {@code Boolean}, null, a {@code List} or a {@code Map} of such; a number prints as it
 * stands in the file. The columns of a CSV file are all strings, since a CSV file knows nothing else.
 *
 * @param file    the file it was read from
 * @param line    where: the line of a JSON Lines file; in CSV and Parquet the number of the row. From 1
 * @param columns the values by column, in the file's order
 */
public record Row(Path file, long line, Map<String, Object> columns) {
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    /** @return file and line (or row), as messages name them */
    public String place() {
        return file + ", " + (DataFormat.of(file) == DataFormat.JSON_LINES ? "line " : "row ") + line;
    }

    /**
     * A column that must be there.
     *
     * @param field the column's name
     * @return its value, never null
     * @throws InvalidInputException if the row has no such column or the value is null
     */
    public Object value(String field) {
        Object value = columns.get(field);
        if (value != null) {
            return value;
        }
        if (columns.containsKey(field)) {
            throw invalid("the field '" + field + "' is null. Leave such rows out with \"where\": \""
                    + quoted(field) + " is not null\"");
        }
        throw invalid("there is no field '" + field + "'. The row has " + String.join(", ", columns.keySet()));
    }

    /**
     * A column as text: strings as they are, other scalars as the file has them, lists and maps as JSON.
     *
     * @param field the column's name
     * @return its text
     * @throws InvalidInputException if the row has no such column or the value is null
     */
    public String text(String field) {
        return text(value(field));
    }

    /**
     * A column as a whole number; CSV's text is read as one.
     *
     * @param field the column's name
     * @return its value
     * @throws InvalidInputException if the value is missing or not a whole number
     */
    public long integer(String field) {
        Object value = value(field);
        try {
            return new BigDecimal(value.toString().strip()).longValueExact();
        } catch (ArithmeticException | NumberFormatException notWhole) {
            throw invalid("the field '" + field + "' should be a whole number and is " + shortened(text(value)));
        }
    }

    /**
     * A column that is a list.
     *
     * @param field the column's name
     * @return its values
     * @throws InvalidInputException if the value is missing or not a list
     */
    public List<?> list(String field) {
        Object value = value(field);
        if (value instanceof List<?> list) {
            return list;
        }
        throw invalid("the field '" + field + "' should be a list and is " + shortened(text(value)));
    }

    /**
     * What is wrong with this row.
     *
     * @param message what was expected and found
     * @return an exception whose message begins with {@link #place()}
     */
    public InvalidInputException invalid(String message) {
        return new InvalidInputException(place() + ": " + message);
    }

    /**
     * What is wrong with this row, with its cause.
     *
     * @param cause whose message says what was expected and found
     * @return an exception whose message begins with {@link #place()}
     */
    public InvalidInputException invalid(InvalidInputException cause) {
        return new InvalidInputException(place() + ": " + cause.getMessage(), cause);
    }

    static String json(Object value) {
        return JSON.toJson(value);
    }

    private static String text(Object value) {
        return value instanceof List<?> || value instanceof Map<?, ?> ? json(value) : value.toString();
    }

    private static String quoted(String field) {
        return field.matches("[A-Za-z_][A-Za-z0-9_]*") ? field : "\\\"" + field + "\\\"";
    }

    private static String shortened(String text) {
        return "'" + (text.length() <= 60 ? text : text.substring(0, 60) + "…") + "'";
    }
}
