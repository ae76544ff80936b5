package io.ballast.eval;

import io.ballast.data.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A document longer than the model's window, cut as lm-eval's {@code get_rolling_token_windows} with
 * {@code context_len=1} does: every token is scored exactly once. Each window begins with the last
 * token of the one before as its only context; the last window reaches back as far as it is long, so
 * that its tokens are not scored with less context than there is.
 */
final class RollingWindows {
    private RollingWindows() {}

    /**
     * @param document  tokens, the scored ones from {@code targetStart} on
     * @param maxLength tokens that the model reads at once; a window holds one more, which is only predicted
     * @return the document itself when it fits, else its windows in order
     */
    static List<Example> of(Example document, int maxLength) {
        int[] ids = document.ids();
        List<Example> windows = new ArrayList<>();
        int scored = document.targetStart();
        int end = Math.min(ids.length, maxLength + 1);
        while (scored < ids.length) {
            int start = Math.max(0, end - maxLength - 1);
            windows.add(new Example(Arrays.copyOfRange(ids, start, end), scored - start));
            scored = end;
            end = Math.min(ids.length, scored + maxLength);
        }
        return windows;
    }
}
