package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A language model in closed form whose answer depends on every token in front of the target and on their order, read from
 * the slot as attention would see them. It refuses positions that do not count up along what a token sees.
 */
final class HistoryScorer implements TokenScorer {
    private final Sharing sharing;
    private final Map<Long, List<Long>> prefixes = new HashMap<>();
    private long lastPrefix;
    int tokensRead;
    int batches;
    int prefixesRead;

    HistoryScorer(Sharing sharing) {
        this.sharing = sharing;
    }

    /** What the model answers: exact in float32. */
    static float logProbability(List<Long> history, long target) {
        return -(1 + Math.floorMod(31L * history.hashCode() + target, 4096L)) / 64f;
    }

    static boolean isGreedy(List<Long> history, long target) {
        return Math.floorMod(history.hashCode() + target, 3L) != 0;
    }

    int prefixesHeld() {
        return prefixes.size();
    }

    @Override
    public Sharing sharing() {
        return sharing;
    }

    @Override
    public long readPrefix(LongBuffer ids, int length) {
        assertEquals(Sharing.PREFIXES, sharing);
        assertTrue(prefixes.isEmpty(), "one prefix at a time");
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            tokens.add(ids.get(i));
        }
        prefixes.put(++lastPrefix, tokens);
        tokensRead += length;
        prefixesRead++;
        return lastPrefix;
    }

    @Override
    public void releasePrefix(long prefix) {
        prefixes.remove(prefix);
    }

    @Override
    public void score(long prefix, LongBuffer slot, int rows, int length, int targets, boolean branched,
            FloatBuffer output) {
        int plane = rows * length;
        batches++;
        for (int at = 0; at < plane; at++) {
            tokensRead += slot.get(2 * plane + at) > 0 ? 1 : 0;
            assertTrue(branched && sharing != Sharing.NOTHING || slot.get(2 * plane + at) <= 1, "not said to branch");
        }
        for (int i = 0; i < targets; i++) {
            int place = (int) slot.get(3 * plane + i);
            long target = slot.get(3 * plane + targets + i);
            List<Long> history = history(prefix, slot, plane, place - place % length, place);
            output.put(i, logProbability(history, target));
            output.put(targets + i, isGreedy(history, target) ? 1f : 0f);
        }
    }

    private List<Long> history(long prefix, LongBuffer slot, int plane, int rowStart, int place) {
        List<Long> history = new ArrayList<>(prefix == NO_PREFIX ? List.of() : prefixes.get(prefix));
        long own = slot.get(2 * plane + place);
        for (int at = rowStart; at <= place; at++) {
            long segment = slot.get(2 * plane + at);
            if (segment == 1 || segment == own) {
                assertEquals(history.size(), slot.get(plane + at), "positions of " + Arrays.toString(tokens(slot, plane)));
                history.add(slot.get(at));
            }
        }
        return history;
    }

    private static long[] tokens(LongBuffer slot, int plane) {
        long[] tokens = new long[plane];
        slot.get(0, tokens);
        return tokens;
    }
}
