package io.ballast.eval;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * {@code json.dumps(value, indent=2, ensure_ascii=False)} to the byte, for hashes that must equal
 * lm-eval's. Gson escapes U+2028 and U+2029, writes other blanks, and other forms of very large and very small numbers.
 */
final class PythonJson {
    private static final String INDENT = "  ";
    private static final int SMALLEST_PLAIN = -4;
    private static final int LARGEST_PLAIN = 16;

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
        } else if (value instanceof Double || value instanceof Float) {
            out.append(number(((Number) value).doubleValue()));
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            string(value.toString());
        }
    }

    /** As Python's {@code repr}: digits as they are from 1e-4 to below 1e16, else with an exponent of two digits or more. */
    static String number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.toString(value);
        }
        BigDecimal shortest = shortest(Math.abs(value));
        String sign = 1 / value < 0 || value < 0 ? "-" : "";
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (value == 0 || exponent >= SMALLEST_PLAIN && exponent < LARGEST_PLAIN) {
            String plain = shortest.toPlainString();
            return sign + plain + (plain.contains(".") ? "" : ".0");
        }
        String digits = shortest.unscaledValue().toString();
        return sign + digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "") + "e"
                + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** The fewest digits that read back as the same number; before JDK 19 {@link Double#toString} has more for some. */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        int digits = 1;
        while (exact.round(new MathContext(digits)).doubleValue() != value) {
            digits++;
        }
        return exact.round(new MathContext(digits)).stripTrailingZeros();
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
