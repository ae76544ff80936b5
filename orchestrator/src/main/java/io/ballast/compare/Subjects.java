package io.ballast.compare;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a task's items are about, by a column of their rows: the one that the task's entry names ({@code subject}), else
 * the first of {@link #USUAL} that every row has and that tells the items apart, in at most {@value #MOST} subjects.
 *
 * @param column of the rows
 */
record Subjects(String column) {
    /** What benchmarks call it: MMLU, medmcqa, MMLU-Pro and TruthfulQA, and data of one's own. */
    static final List<String> USUAL = List.of("subject", "subject_name", "category", "topic");
    /** With more values than this a column that nobody named is not what items are about, but what they say. */
    static final int MOST = 100;
    /** The subject of items without one. */
    static final String NONE = "(none)";

    /**
     * @param named the column that an entry names, or null
     * @param items of the task
     * @return the task's subjects, empty where it has none
     */
    static Optional<Subjects> of(String named, List<RecordedItem> items) {
        return named != null ? Optional.of(new Subjects(named))
                : USUAL.stream().filter(column -> divides(column, items)).findFirst().map(Subjects::new);
    }

    private static boolean divides(String column, List<RecordedItem> items) {
        Stream<String> values = items.stream().map(item -> item.text(column));
        List<String> distinct = values.distinct().limit(MOST + 1L).toList();
        return distinct.size() > 1 && distinct.size() <= MOST && distinct.stream().allMatch(Objects::nonNull);
    }

    /** @return the item's subject */
    String of(RecordedItem item) {
        return Objects.requireNonNullElse(item.text(column), NONE);
    }
}
