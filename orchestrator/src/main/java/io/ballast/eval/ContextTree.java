package io.ballast.eval;

import io.ballast.data.Example;
import java.util.Arrays;
import java.util.List;

/**
 * One row of a scoring batch: a context that is read once, and behind it, side by side, what is read of its
 * continuations. The last token of a continuation is predicted and never read, so that a continuation of one token has
 * no branch; continuations of which one reads the beginning of the other share a branch.
 *
 * @param context  all tokens in front of the targets
 * @param prefix   how many of them were read beforehand, fewer than all
 * @param branches what is read behind the context, without what is predicted only
 * @param requests the token rows that this row answers
 */
record ContextTree(int[] context, int prefix, List<int[]> branches, List<Request> requests) {
    /** Where a request reads nothing behind the context. */
    static final int NO_BRANCH = -1;

    /**
     * A token row that is answered here.
     *
     * @param index  its place among all token rows
     * @param row    its tokens
     * @param branch where its targets are read, or {@link #NO_BRANCH}
     */
    record Request(int index, Example row, int branch) {
    }

    /** @return whether branches must not see each other */
    boolean isBranched() {
        return branches.size() > 1;
    }

    /** @return how many tokens are read, without the prefix */
    int positions() {
        return contextPositions() + branches.stream().mapToInt(branch -> branch.length).sum();
    }

    /** @return how many tokens are scored */
    int targets() {
        return requests.stream().mapToInt(request -> request.row().targets()).sum();
    }

    /** @return how many tokens of the context are read in this row */
    int contextPositions() {
        return context.length - prefix;
    }

    /**
     * Looks up where a branch begins in the row.
     *
     * @param branch its number
     * @return index of its first token
     */
    int start(int branch) {
        return contextPositions() + branches.subList(0, branch).stream().mapToInt(each -> each.length).sum();
    }

    /**
     * Of a token row, what is read behind the context.
     *
     * @param row a token row
     * @return its targets but the last
     */
    static int[] read(Example row) {
        return Arrays.copyOfRange(row.ids(), row.targetStart(), row.ids().length - 1);
    }
}
