package io.ballast.eval;

import io.ballast.data.Example;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Token rows whose tokens in front of the targets are the same.
 *
 * @param context these tokens, at least one
 * @param rows    the rows, of which none reads the beginning of one before it
 */
record ContextGroup(int[] context, List<ContextTree.Request> rows) {
    /**
     * A branch pays when the context that it spares is at least this share of it: what it costs is a mask, and attention
     * that looks at its neighbours only to leave them out. Below, rows of an empty context, such as whole documents behind
     * a BOS token, would stand in one row for nothing.
     */
    private static final double LEAST_SPARED = 0.25;

    /**
     * Groups token rows.
     *
     * @param rows token rows
     * @return groups in the order of their first rows
     */
    static List<ContextGroup> of(List<Example> rows) {
        Map<IntBuffer, List<Integer>> byContext = new LinkedHashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            Example row = rows.get(i);
            byContext.computeIfAbsent(IntBuffer.wrap(row.ids(), 0, row.targetStart()), new_ -> new ArrayList<>()).add(i);
        }
        return byContext.values().stream().map(indices -> of(rows, indices)).toList();
    }

    private static ContextGroup of(List<Example> rows, List<Integer> indices) {
        Example first = rows.get(indices.get(0));
        List<ContextTree.Request> requests = indices.stream()
                .sorted(Comparator.comparing((Integer i) -> ContextTree.read(rows.get(i)), Arrays::compare).reversed())
                .map(i -> new ContextTree.Request(i, rows.get(i), ContextTree.NO_BRANCH)).toList();
        return new ContextGroup(Arrays.copyOf(first.ids(), first.targetStart()), requests);
    }

    /**
     * Rows of a batch that answer this group.
     *
     * @param prefix        how many tokens of the context were read beforehand
     * @param mostBranches  in a row
     * @param mostPositions in a row that has several branches
     * @return as few rows as these limits allow
     */
    List<ContextTree> trees(int prefix, int mostBranches, int mostPositions) {
        List<ContextTree> trees = new ArrayList<>();
        List<int[]> branches = new ArrayList<>();
        List<ContextTree.Request> requests = new ArrayList<>();
        int positions = context.length - prefix;
        for (ContextTree.Request request : rows) {
            int[] read = ContextTree.read(request.row());
            boolean known = read.length == 0 || !branches.isEmpty() && startsWith(branches.get(branches.size() - 1), read);
            if (!known && !branches.isEmpty() && (branches.size() == mostBranches
                    || positions + read.length > mostPositions
                    || context.length - prefix < LEAST_SPARED * read.length)) {
                trees.add(new ContextTree(context, prefix, branches, requests));
                branches = new ArrayList<>();
                requests = new ArrayList<>();
                positions = context.length - prefix;
            }
            if (!known) {
                branches.add(read);
                positions += read.length;
            }
            requests.add(new ContextTree.Request(request.index(), request.row(),
                    read.length == 0 ? ContextTree.NO_BRANCH : branches.size() - 1));
        }
        trees.add(new ContextTree(context, prefix, branches, requests));
        return trees;
    }

    /** Sorted backwards, what a row reads is the beginning of the branch before it, or of none. */
    private static boolean startsWith(int[] branch, int[] read) {
        int mismatch = Arrays.mismatch(branch, read);
        return mismatch < 0 || mismatch == read.length;
    }
}
