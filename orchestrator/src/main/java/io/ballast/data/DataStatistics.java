package io.ballast.data;

/**
 * What became of the rows of a data entry.
 *
 * @param rows          rows that are learned from
 * @param tokens        their tokens, special tokens included
 * @param targets       how many of the tokens are learned
 * @param truncatedRows rows that were longer than the most tokens and lost their end
 * @param droppedTokens tokens that were cut off
 * @param emptyRows     rows left out because nothing in them could be learned
 * @param lostRows      rows left out because their prompt leaves no room for their completion
 * @param longestRow    most tokens in a row, after truncation
 */
public record DataStatistics(long rows, long tokens, long targets, long truncatedRows, long droppedTokens,
        long emptyRows, long lostRows, int longestRow) {
    /** Of no rows at all. */
    public static final DataStatistics NONE = new DataStatistics(0, 0, 0, 0, 0, 0, 0, 0);

    /**
     * Counts one more row.
     *
     * @param example the row
     * @return the statistics with it
     */
    public DataStatistics with(Example example) {
        if (example.targets() == 0) {
            return plus(new DataStatistics(0, 0, 0, 0, 0, 1, 0, 0));
        }
        return plus(new DataStatistics(1, example.length(), example.targets(), example.droppedTokens() > 0 ? 1 : 0,
                example.droppedTokens(), 0, 0, example.length()));
    }

    /**
     * Counts other rows in.
     *
     * @param other statistics of other rows
     * @return of both together
     */
    public DataStatistics plus(DataStatistics other) {
        return new DataStatistics(rows + other.rows, tokens + other.tokens, targets + other.targets,
                truncatedRows + other.truncatedRows, droppedTokens + other.droppedTokens,
                emptyRows + other.emptyRows, lostRows + other.lostRows, Math.max(longestRow, other.longestRow));
    }
}
