package io.ballast.data;

/** Halves of surrogate pairs, which a Java string can hold and UTF-8 cannot. */
final class UnpairedSurrogates {
    private static final char REPLACEMENT = '\uFFFD';

    private UnpairedSurrogates() {
    }

    /** The text with each half replaced by U+FFFD, so that the count of code points stays what it was. */
    static String replaced(String text) {
        StringBuilder clean = null;
        int at = 0;
        while (at < text.length()) {
            int point = text.codePointAt(at);
            if (Character.MIN_SURROGATE <= point && point <= Character.MAX_SURROGATE) {
                clean = clean == null ? new StringBuilder(text) : clean;
                clean.setCharAt(at, REPLACEMENT);
            }
            at += Character.charCount(point);
        }
        return clean == null ? text : clean.toString();
    }
}
