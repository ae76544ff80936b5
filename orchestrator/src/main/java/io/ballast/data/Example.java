package io.ballast.data;

/**
 * A tokenized row in memory.
 *
 * @param ids           the whole row, special tokens included
 * @param targetStart   index of the first token that is learned (or scored), at least 1
 * @param droppedTokens how many tokens were cut off at the end because the row was too long
 */
public record Example(int[] ids, int targetStart, int droppedTokens) implements Document {

    /**
     * A row of which nothing was cut off.
     *
     * @param ids         the whole row, special tokens included
     * @param targetStart index of the first token that is learned (or scored), at least 1
     */
    public Example(int[] ids, int targetStart) {
        this(ids, targetStart, 0);
    }

    /**
     * Checks where the targets start.
     *
     * @param ids           the whole row, special tokens included
     * @param targetStart   index of the first token that is learned (or scored), at least 1
     * @param droppedTokens how many tokens were cut off at the end
     */
    public Example {
        if (targetStart < 1) {
            throw new IllegalArgumentException("Targets start at " + targetStart
                    + ", but the first token of a row is predicted by nothing");
        }
    }

    @Override
    public int length() {
        return ids.length;
    }

    @Override
    public int token(int index) {
        return ids[index];
    }
}
