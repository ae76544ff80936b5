package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.StoppedException;
import io.ballast.data.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What rows share is read once, and each answer is still that of its row alone. */
class SharedContextsTest {
    private static final EvaluationProgress SILENT = (done, total) -> { };

    private final Random random = new Random(11);

    private int[] tokens(int n) {
        return random.ints(n, 3, 40).toArray();
    }

    private static Example row(int[] context, int... continuation) {
        int[] ids = IntStream.concat(Arrays.stream(context), Arrays.stream(continuation)).toArray();
        return new Example(ids, context.length);
    }

    private static int[] joined(int[] first, int[] second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    /** Items of four choices behind one header: one token each, or several. */
    private List<Example> items(int n, int header, boolean oneToken) {
        int[] common = tokens(header);
        List<Example> rows = new ArrayList<>();
        for (int item = 0; item < n; item++) {
            int[] context = joined(common, tokens(5 + random.nextInt(20)));
            for (int choice = 0; choice < 4; choice++) {
                rows.add(row(context, oneToken ? new int[] {choice} : tokens(1 + random.nextInt(6))));
            }
        }
        return rows;
    }

    private List<Example> awkward() {
        int[] context = tokens(30);
        int[] longer = joined(context, tokens(9));
        List<Example> rows = new ArrayList<>(items(9, 40, false));
        rows.addAll(items(5, 0, true));
        rows.add(row(context, 5, 6, 7));
        rows.add(row(context, 5, 6, 7));
        rows.add(row(context, 5, 6));
        rows.add(row(context, 5));
        rows.add(row(context, 5, 6, 8, 9));
        rows.add(row(context, 9));
        rows.add(row(longer, 5, 6, 7));
        rows.add(row(joined(context, new int[] {5}), 6, 7));
        rows.add(row(Arrays.copyOf(context, 16), 3, 4));
        rows.add(row(Arrays.copyOf(context, 17), 3, 4));
        rows.add(new Example(new int[] {1, 2}, 1));
        rows.add(new Example(new int[] {1, 3}, 1));
        rows.add(new Example(joined(new int[] {1}, tokens(80)), 1));
        rows.add(new Example(joined(new int[] {1}, tokens(70)), 1));
        return rows;
    }

    private static void assertScored(List<Example> rows, Likelihood[] found) {
        assertEquals(rows.size(), found.length);
        for (int i = 0; i < rows.size(); i++) {
            Example row = rows.get(i);
            double sum = 0;
            boolean greedy = true;
            for (int t = row.targetStart(); t < row.length(); t++) {
                List<Long> history = Arrays.stream(row.ids(), 0, t).asLongStream().boxed().toList();
                sum += HistoryScorer.logProbability(history, row.token(t));
                greedy &= HistoryScorer.isGreedy(history, row.token(t));
            }
            assertEquals(new Likelihood(sum, greedy, row.targets()), found[i], "row " + i);
        }
    }

    private static int tokensOf(List<Example> rows) {
        return rows.stream().mapToInt(Example::positions).sum();
    }

    @ParameterizedTest
    @CsvSource({"NOTHING,1", "NOTHING,5", "BRANCHES,1", "BRANCHES,5", "PREFIXES,1", "PREFIXES,5", "PREFIXES,200"})
    void eachRowIsAnsweredAsIfItWereAlone(TokenScorer.Sharing sharing, int batchSize) {
        List<Example> rows = awkward();
        HistoryScorer model = new HistoryScorer(sharing);
        assertScored(rows, new BatchScorer(model, batchSize).score(rows, SILENT, () -> false));
        assertEquals(0, model.prefixesHeld());
        assertEquals(sharing == TokenScorer.Sharing.PREFIXES, model.prefixesRead > 0);
    }

    @Test
    void choicesOfOneTokenAreReadFromOneRow() {
        List<Example> rows = items(8, 0, true);
        for (TokenScorer.Sharing sharing : TokenScorer.Sharing.values()) {
            HistoryScorer model = new HistoryScorer(sharing);
            new BatchScorer(model, 8).score(rows, SILENT, () -> false);
            assertEquals(tokensOf(rows) / 4, model.tokensRead);
            assertEquals(1, model.batches);
        }
    }

    @Test
    void aContextIsReadOnceForAllItsChoices() {
        int[] context = tokens(20);
        List<Example> rows = List.of(row(context, 1, 2, 3), row(context, 4, 5), row(context, 1, 2), row(context, 6));
        HistoryScorer model = new HistoryScorer(TokenScorer.Sharing.BRANCHES);
        assertScored(rows, new BatchScorer(model, 4).score(rows, SILENT, () -> false));
        // Of the first continuation two tokens are read, of the second one; the others read beginnings of these.
        assertEquals(20 + 2 + 1, model.tokensRead);
    }

    @Test
    void aHeaderIsReadOnceForAllItems() {
        List<Example> rows = items(40, 100, true);
        HistoryScorer model = new HistoryScorer(TokenScorer.Sharing.PREFIXES);
        assertScored(rows, new BatchScorer(model, 8).score(rows, SILENT, () -> false));
        assertEquals(1, model.prefixesRead);
        assertEquals(tokensOf(rows) / 4 - 39 * 100, model.tokensRead);
    }

    @Test
    void eachSubjectHasAHeaderOfItsOwn() {
        int[] description = tokens(20);
        List<Example> rows = new ArrayList<>();
        for (int subject = 0; subject < 3; subject++) {
            for (Example row : items(10, 100, true)) {
                rows.add(new Example(joined(description, row.ids()), row.targetStart() + 20));
            }
        }
        HistoryScorer model = new HistoryScorer(TokenScorer.Sharing.PREFIXES);
        assertScored(rows, new BatchScorer(model, 8).score(rows, SILENT, () -> false));
        assertEquals(3, model.prefixesRead);
        assertEquals(tokensOf(rows) / 4 - 3 * 9 * 120, model.tokensRead);
    }

    @Test
    void whatHardlyAnyContextSharesIsNoPrefix() {
        List<Example> rows = new ArrayList<>(items(30, 3, false));
        rows.addAll(items(3, 50, false));
        HistoryScorer model = new HistoryScorer(TokenScorer.Sharing.PREFIXES);
        assertScored(rows, new BatchScorer(model, 8).score(rows, SILENT, () -> false));
        assertEquals(0, model.prefixesRead);
    }

    @Test
    void documentsBehindAnEmptyContextDoNotStandInOneRow() {
        List<Example> rows = IntStream.range(0, 20)
                .mapToObj(i -> new Example(joined(new int[] {1}, tokens(30)), 1)).toList();
        List<Integer> lengths = new ArrayList<>();
        BatchScorer scorer = new BatchScorer(new HistoryScorer(TokenScorer.Sharing.PREFIXES) , 4);
        assertScored(rows, scorer.score(rows, (done, total) -> lengths.add((int) done), () -> false));
        assertEquals(List.of(4, 8, 12, 16, 20), lengths);
    }

    @ParameterizedTest
    @EnumSource(TokenScorer.Sharing.class)
    void aBatchIsNeverLargerThanItsRowsOfTheLongestTokens(TokenScorer.Sharing sharing) {
        List<Example> rows = awkward();
        int longest = rows.stream().mapToInt(Example::positions).max().orElseThrow();
        for (int batchSize : new int[] {1, 2, 8}) {
            for (ScoringPlan.Part part : ScoringPlan.of(rows, batchSize, sharing).parts()) {
                for (ScoringBatch batch : part.batches()) {
                    assertTrue(batch.rows() <= batchSize);
                    assertTrue(batch.rows() * batch.length() <= Math.max(2, batchSize) * longest);
                }
            }
        }
    }

    @Test
    void cancellingFreesThePrefix() {
        List<Example> rows = items(40, 100, true);
        HistoryScorer model = new HistoryScorer(TokenScorer.Sharing.PREFIXES);
        AtomicInteger asked = new AtomicInteger();
        StoppedException error = assertThrows(StoppedException.class,
                () -> new BatchScorer(model, 8).score(rows, SILENT, () -> asked.incrementAndGet() > 3));
        assertEquals("evaluation stopped after 96 of 160 token rows", error.getMessage());
        assertEquals(0, model.prefixesHeld());
    }
}
