package io.ballast.eval;

import io.ballast.data.Example;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The batches of an evaluation, by what their rows begin with.
 *
 * @param parts what is scored, one part after the other
 */
record ScoringPlan(List<Part> parts) {
    /** A row of several branches may be this many times as long as the longest token row. */
    private static final int LONGEST_TREE = 2;

    /**
     * Batches that continue one prefix.
     *
     * @param prefix  its tokens, none where rows begin at their first
     * @param batches rows of nearly equal length together, the longest first
     */
    record Part(int[] prefix, List<ScoringBatch> batches) {
        private int positions() {
            return prefix.length + batches.get(0).length();
        }
    }

    /**
     * Plans the batches of token rows: parts and batches with the longest rows first, so that what does not fit into
     * memory fails at once, and the time left is never estimated too short. A batch has at most {@code batchSize} rows,
     * and at most as many positions as that many of the longest token rows have (or two of them, for a tree).
     *
     * @param rows      token rows
     * @param batchSize rows in a batch
     * @param sharing   what the model can
     * @return the plan; without parts where there are no rows
     */
    static ScoringPlan of(List<Example> rows, int batchSize, TokenScorer.Sharing sharing) {
        int longest = rows.stream().mapToInt(Example::positions).max().orElse(0);
        List<ContextGroup> groups = ContextGroup.of(rows);
        List<SharedPrefix> prefixes = sharing == TokenScorer.Sharing.PREFIXES ? SharedPrefix.of(groups)
                : groups.isEmpty() ? List.of() : List.of(new SharedPrefix(0, groups));
        int mostBranches = sharing == TokenScorer.Sharing.NOTHING ? 1 : Integer.MAX_VALUE;
        List<Part> parts = new ArrayList<>();
        for (SharedPrefix prefix : prefixes) {
            List<ContextTree> trees = prefix.groups().stream().flatMap(group -> group
                    .trees(prefix.length(), mostBranches, Math.multiplyExact(LONGEST_TREE, longest)).stream()).toList();
            parts.add(new Part(prefix.tokens(),
                    batches(trees, batchSize, Math.multiplyExact(Math.max(batchSize, LONGEST_TREE), longest))));
        }
        parts.sort(Comparator.comparingInt(Part::positions).reversed());
        return new ScoringPlan(parts);
    }

    private static List<ScoringBatch> batches(List<ContextTree> trees, int batchSize, int mostPositions) {
        List<ContextTree> sorted = trees.stream().sorted(Comparator.comparingInt(ContextTree::positions).reversed())
                .toList();
        List<ScoringBatch> batches = new ArrayList<>();
        for (int start = 0, end; start < sorted.size(); start = end) {
            int rows = Math.max(1, Math.min(batchSize, mostPositions / sorted.get(start).positions()));
            end = Math.min(start + rows, sorted.size());
            batches.add(new ScoringBatch(sorted.subList(start, end)));
        }
        return batches;
    }

    /**
     * A batch where it stands in the plan.
     *
     * @param part  the batch's
     * @param batch one of the part's
     */
    record Place(Part part, ScoringBatch batch) {
    }

    /** @return all batches in the order in which they are scored */
    List<Place> places() {
        return parts.stream().flatMap(part -> part.batches().stream().map(batch -> new Place(part, batch))).toList();
    }

    /** @return int64 elements of the largest slot */
    int largestSlot() {
        return batches().mapToInt(ScoringBatch::elements).max().orElse(0);
    }

    /** @return targets of the batch that has the most */
    int mostTargets() {
        return batches().mapToInt(ScoringBatch::targets).max().orElse(0);
    }

    /** @return tokens of the longest prefix */
    int longestPrefix() {
        return parts.stream().mapToInt(part -> part.prefix().length).max().orElse(0);
    }

    private Stream<ScoringBatch> batches() {
        return parts.stream().flatMap(part -> part.batches().stream());
    }
}
