package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.StoppedException;
import io.ballast.TrainingFailedException;
import io.ballast.data.Example;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchScorerTest {
    private static final EvaluationProgress SILENT = (done, total) -> { };
    private final BigramScorer model = new BigramScorer(50);

    /** Rows of 2 to 30 tokens of which a random tail is scored. */
    private static List<Example> rows(int n) {
        Random random = new Random(4);
        return IntStream.range(0, n).mapToObj(i -> {
            int[] ids = random.ints(2 + random.nextInt(29), 0, 50).toArray();
            return new Example(ids, 1 + random.nextInt(ids.length - 1));
        }).toList();
    }

    private double expected(Example row) {
        double sum = 0;
        for (int i = row.targetStart(); i < row.ids().length; i++) {
            sum += model.logProbability(row.ids()[i - 1], row.ids()[i]);
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 500})
    void everyRowGetsItsOwnClosedFormLogProbability(int batchSize) {
        List<Example> rows = rows(101);
        Likelihood[] likelihoods = new BatchScorer(model, batchSize).score(rows, SILENT, () -> false);
        for (int i = 0; i < rows.size(); i++) {
            assertEquals(expected(rows.get(i)), likelihoods[i].logProbability(), 1e-4);
            assertEquals(rows.get(i).ids().length - rows.get(i).targetStart(), likelihoods[i].tokens());
        }
    }

    @Test
    void batchSizeDoesNotChangeALikelihood() {
        List<Example> rows = rows(40);
        assertArrayEquals(new BatchScorer(model, 1).score(rows, SILENT, () -> false),
                new BatchScorer(model, 7).score(rows, SILENT, () -> false));
    }

    @Test
    void longestRowsComeFirst() {
        new BatchScorer(model, 8).score(rows(50), SILENT, () -> false);
        List<Integer> sorted = new ArrayList<>(model.lengths);
        sorted.sort(Comparator.reverseOrder());
        assertEquals(sorted, model.lengths);
        assertEquals(List.of(8, 8, 8, 8, 8, 8, 2), model.rowsOfBatches);
    }

    @Test
    void greedyMeansEveryScoredTokenIsTheMostLikelyOne() {
        int second = 5 * BigramScorer.STEP % 50;
        int third = second * BigramScorer.STEP % 50;
        List<Example> rows = List.of(new Example(new int[] {5, second, third}, 1),
                new Example(new int[] {5, second, third + 1}, 1), new Example(new int[] {7, 1, 31}, 2));
        Likelihood[] likelihoods = new BatchScorer(model, 2).score(rows, SILENT, () -> false);
        assertArrayEquals(new Object[] {true, false, true},
                List.of(likelihoods).stream().map(Likelihood::greedy).toArray());
    }

    @Test
    void progressCountsRowsUpToAll() {
        List<Long> heard = new ArrayList<>();
        new BatchScorer(model, 4).score(rows(10), (done, total) -> {
            assertEquals(10, total);
            heard.add(done);
        }, () -> false);
        assertEquals(List.of(4L, 8L, 10L), heard);
    }

    @Test
    void cancellingEndsBetweenBatches() {
        AtomicInteger asked = new AtomicInteger();
        assertThrows(StoppedException.class,
                () -> new BatchScorer(model, 4).score(rows(20), SILENT, () -> asked.incrementAndGet() > 2));
        assertEquals(2, model.lengths.size());
    }

    @Test
    void aModelThatAnswersNaNIsNotScored() {
        BigramScorer broken = new BigramScorer(50, Double.NaN);
        TrainingFailedException error = assertThrows(TrainingFailedException.class, () -> new BatchScorer(broken, 1)
                .score(List.of(new Example(new int[] {1, 2}, 1)), SILENT, () -> false));
        assertTrue(error.getMessage().contains("NaN"), error.getMessage());
    }

    @Test
    void nothingToScoreAsksTheModelNothing() {
        assertEquals(0, new BatchScorer(model, 4).score(List.of(), SILENT, () -> false).length);
        assertEquals(List.of(), model.lengths);
    }
}
