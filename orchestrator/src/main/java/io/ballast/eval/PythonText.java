package io.ballast.eval;

/**
 * Python's idea of whitespace, which lm-eval's prompts rest on: {@code str.isspace} is true for
 * U+001C–U+001F, U+0085, U+00A0, U+2007 and U+202F, where {@link Character#isWhitespace} or
 * {@link String#strip} say otherwise for some.
 */
final class PythonText {
    private PythonText() {}

    /**
     * @param character a UTF-16 unit; all of Python's whitespace is in the basic plane
     * @return Python's {@code str.isspace}
     */
    static boolean isSpace(char character) {
        return character >= 0x09 && character <= 0x0D || character >= 0x1C && character <= 0x20 || character == 0x85
                || Character.getType(character) == Character.SPACE_SEPARATOR
                || character == 0x2028 || character == 0x2029;
    }

    /**
     * @param text any text
     * @return {@code len(re.split(r"\\s+", text))}, lm-eval's count of words: stretches of whitespace and one more
     */
    static int words(String text) {
        int words = 1;
        for (int i = 0; i < text.length(); i++) {
            words += isSpace(text.charAt(i)) && (i == 0 || !isSpace(text.charAt(i - 1))) ? 1 : 0;
        }
        return words;
    }

    /**
     * @param text any text
     * @return Python's {@code text.rstrip()}
     */
    static String stripTrailing(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    /**
     * @param text any text
     * @return Python's {@code len(text)}: code points, where Java's length counts UTF-16 units
     */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
