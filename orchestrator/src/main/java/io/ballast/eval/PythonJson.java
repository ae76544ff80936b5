package io.ballast.eval;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * {@code json.dumps(value, indent=2, ensure_ascii=False)} to the byte, for hashes that must equal
 * lm-eval's. Gson escapes U+2028 and U+2029 and writes other blanks.
 *
 * <p>Numbers that are no integers are written as {@link Double#toString} does; Python's form of them
 * differs for very large and very small ones (1e-05, 1.0E-5).
 */
final class PythonJson {
    private static final String INDENT = "  ";

    private final StringBuilder out = new StringBuilder();

    private PythonJson() {}

    /**
     * @param value maps with text keys, lists, texts, numbers, booleans and null
     * @return the JSON text
     */
    static String dump(Object value) {
        PythonJson json = new PythonJson();
        json.value(value, "\n");
        return json.out.toString();
    }

    private void value(Object value, String newline) {
        if (value instanceof Map<?, ?> map) {
            collection(map.entrySet().iterator(), '{', '}', newline);
        } else if (value instanceof List<?> list) {
            collection(list.iterator(), '[', ']', newline);
        } else if (value instanceof Map.Entry<?, ?> entry) {
            string(entry.getKey().toString());
            out.append(": ");
            value(entry.getValue(), newline);
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            string(value.toString());
        }
    }

    private void collection(Iterator<?> elements, char open, char close, String newline) {
        out.append(open);
        if (elements.hasNext()) {
            String inner = newline + INDENT;
            String separator = inner;
            while (elements.hasNext()) {
                out.append(separator);
                value(elements.next(), inner);
                separator = "," + inner;
            }
            out.append(newline);
        }
        out.append(close);
    }

    private void string(String text) {
        out.append('"');
        text.chars().forEach(unit -> character((char) unit));
        out.append('"');
    }

    private void character(char unit) {
        switch (unit) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            default -> {
                if (unit < 0x20) {
                    out.append(String.format("\\u%04x", (int) unit));
                } else {
                    out.append(unit);
                }
            }
        }
    }
}
