package io.ballast.data;

/**
 * A tokenized row of data, special tokens included: what a batch is made of. The tokens from
 * {@link #targetStart()} on are learned (or scored); those before it are only read.
 */
public interface Document {
    /** @return how many tokens there are */
    int length();

    /**
     * Reads one token.
     *
     * @param index 0 to {@code length() - 1}
     * @return its id
     */
    int token(int index);

    /** @return index of the first token that is learned; at least 1, since nothing predicts the first token */
    int targetStart();

    /** @return how many tokens are learned */
    default int targets() {
        return Math.max(0, length() - targetStart());
    }

    /** @return how many positions it takes in a batch: the last token is predicted but never read */
    default int positions() {
        return length() - 1;
    }
}
