package io.ballast.data;

import io.ballast.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Text with fields of a row in it: {@code {field}} is a column, {@code {{} and {@code }}} are braces.
 * A parsed template may be used by many threads.
 */
public final class Template {
    /** Text that stands as it is, or the name of a column. */
    private record Part(String text, boolean isField) {
    }

    private final String source;
    private final List<Part> parts;

    private Template(String source, List<Part> parts) {
        this.source = source;
        this.parts = List.copyOf(parts);
    }

    /**
     * Reads a template.
     *
     * @param source the template's text
     * @return the template
     * @throws InvalidInputException naming the position if a brace has no partner or a field no name
     */
    public static Template parse(String source) {
        List<Part> parts = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        int at = 0;
        while (at < source.length()) {
            char letter = source.charAt(at);
            boolean brace = letter == '{' || letter == '}';
            if (!brace || source.startsWith(String.valueOf(letter).repeat(2), at)) {
                literal.append(letter);
                at += brace ? 2 : 1;
            } else {
                String field = fieldAt(source, at);
                parts.add(new Part(literal.toString(), false));
                literal.setLength(0);
                parts.add(new Part(field, true));
                at += field.length() + 2;
            }
        }
        parts.add(new Part(literal.toString(), false));
        return new Template(source, parts);
    }

    private static String fieldAt(String source, int open) {
        if (source.charAt(open) == '}') {
            throw wrong(source, open, "a '}' closes nothing. Write '}}' for a brace");
        }
        int close = source.indexOf('}', open);
        int nested = source.indexOf('{', open + 1);
        if (close < 0 || nested >= 0 && nested < close) {
            throw wrong(source, open, "a '{' is not closed. Write '{{' for a brace");
        }
        if (close == open + 1) {
            throw wrong(source, open, "a field has no name. Write '{field}', or '{{}}' for braces");
        }
        return source.substring(open + 1, close);
    }

    private static InvalidInputException wrong(String source, int index, String why) {
        return new InvalidInputException("In the template '" + source + "', at character " + (index + 1) + ", "
                + why + ".");
    }

    /** @return the columns it needs, in the order in which they stand in it */
    public List<String> fields() {
        return parts.stream().filter(Part::isField).map(Part::text).distinct().toList();
    }

    /**
     * Puts a row's values in.
     *
     * @param row where the values come from
     * @return the text
     * @throws InvalidInputException naming file, line and field if a value is missing or null
     */
    public String render(Row row) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(part.isField() ? row.text(part.text()) : part.text());
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return source;
    }
}
