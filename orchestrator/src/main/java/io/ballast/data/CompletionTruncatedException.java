package io.ballast.data;

import io.ballast.InvalidInputException;

/** A row's prompt leaves no room for its completion. */
public final class CompletionTruncatedException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    CompletionTruncatedException(int promptTokens, int maxLength) {
        super("the completion truncates to nothing: the prompt alone has " + promptTokens + " tokens and maxLength is "
                + maxLength + ". Raise maxLength, shorten the prompt, or leave the row out with \"where\"");
    }
}
