package io.ballast;

import java.util.Objects;

/**
 * A text whose probability is asked for.
 *
 * @param context what comes before it; may be empty
 * @param text    what is scored; usually begins with a space
 */
public record Continuation(String context, String text) {
    /**
     * Both must be there.
     *
     * @param context what comes before it
     * @param text    what is scored
     */
    public Continuation {
        Objects.requireNonNull(context, "context");
        Objects.requireNonNull(text, "text");
    }
}
