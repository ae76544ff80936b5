package io.ballast.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Contexts that begin with the same tokens, such as the examples in front of every item of a few-shot task.
 *
 * @param length of what they have in common and is read once for all; 0 where each is read from its beginning
 * @param groups the contexts, each longer than that
 */
record SharedPrefix(int length, List<ContextGroup> groups) {
    /** A prefix is held in memory and joined to every batch; it pays from this share of what its rows would read. */
    private static final double LEAST_SHARE = 0.125;
    /** And from this many tokens. */
    private static final int LEAST_TOKENS = 16;
    /** And from this many contexts: it is read alone, in a batch of one row. */
    private static final int LEAST_CONTEXTS = 4;

    /**
     * Finds what contexts begin with. Neighbours in lexicographic order that have enough tokens in common make a run; a
     * run is divided again where its parts together spare more than what all of it has in common, as with one set of
     * examples for each subject.
     *
     * @param groups any contexts, no two of them equal
     * @return a partition of them
     */
    static List<SharedPrefix> of(List<ContextGroup> groups) {
        List<ContextGroup> sorted = groups.stream().sorted(Comparator.comparing(ContextGroup::context, Arrays::compare))
                .toList();
        List<SharedPrefix> found = new ArrayList<>(runs(sorted, LEAST_TOKENS));
        Set<ContextGroup> sharing = Collections.newSetFromMap(new IdentityHashMap<>());
        found.forEach(prefix -> sharing.addAll(prefix.groups()));
        List<ContextGroup> alone = groups.stream().filter(group -> !sharing.contains(group)).toList();
        if (!alone.isEmpty()) {
            found.add(new SharedPrefix(0, alone));
        }
        return found;
    }

    private static List<SharedPrefix> runs(List<ContextGroup> sorted, int least) {
        List<SharedPrefix> found = new ArrayList<>();
        int start = 0;
        for (int end = 1; end <= sorted.size(); end++) {
            if (end == sorted.size() || common(sorted.get(end - 1), sorted.get(end)) < least) {
                found.addAll(best(sorted.subList(start, end)));
                start = end;
            }
        }
        return found;
    }

    /** What a run has in common, or its parts where they spare more; nothing where neither pays. */
    private static List<SharedPrefix> best(List<ContextGroup> run) {
        if (run.size() < LEAST_CONTEXTS) {
            return List.of();
        }
        SharedPrefix whole = new SharedPrefix(common(run.get(0), run.get(run.size() - 1)), run);
        List<SharedPrefix> parts = runs(run, 2 * whole.length);
        if (parts.stream().mapToLong(SharedPrefix::spared).sum() > whole.spared()) {
            return parts;
        }
        long read = run.stream().mapToLong(group -> group.context().length).sum();
        return whole.spared() >= LEAST_SHARE * read ? List.of(whole) : List.of();
    }

    /** @return tokens that need not be read */
    long spared() {
        return (groups.size() - 1L) * length;
    }

    /** Tokens that two contexts begin with, without the last of either, at which its targets are predicted. */
    private static int common(ContextGroup first, ContextGroup second) {
        int mismatch = Arrays.mismatch(first.context(), second.context());
        int shorter = Math.min(first.context().length, second.context().length) - 1;
        return mismatch < 0 ? shorter : Math.min(mismatch, shorter);
    }

    /** @return the tokens in common */
    int[] tokens() {
        return Arrays.copyOf(groups.get(0).context(), length);
    }
}
