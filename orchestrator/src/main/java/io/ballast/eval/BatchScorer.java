package io.ballast.eval;

import io.ballast.StoppedException;
import io.ballast.TrainingFailedException;
import io.ballast.data.Batch;
import io.ballast.data.BatchSlot;
import io.ballast.data.Example;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Scores token rows in batches of nearly equal length, longest first: what does not fit into memory
 * fails at once, and the time left is never estimated too short. One slot and one output are allocated
 * for the first batch, the largest, and lent to the scorer for every batch.
 */
final class BatchScorer {
    private static final int OUTPUT_PLANES = 2;

    private final TokenScorer scorer;
    private final int batchSize;

    /**
     * @param scorer    of the model
     * @param batchSize rows in a batch
     */
    BatchScorer(TokenScorer scorer, int batchSize) {
        this.scorer = scorer;
        this.batchSize = batchSize;
    }

    /**
     * @param rows      token rows of at least two tokens
     * @param progress  is told after every batch
     * @param cancelled is asked before every batch
     * @return one for each row, in the same order
     * @throws StoppedException when {@code cancelled} says so
     */
    Likelihood[] score(List<Example> rows, EvaluationProgress progress, BooleanSupplier cancelled) {
        int[] order = IntStream.range(0, rows.size()).boxed()
                .sorted(Comparator.comparingInt(i -> -rows.get(i).length())).mapToInt(i -> i).toArray();
        Likelihood[] likelihoods = new Likelihood[rows.size()];
        int longest = order.length == 0 ? 0 : rows.get(order[0]).positions();
        LongBuffer slot = BatchSlot.allocate(batchSize, longest);
        FloatBuffer output = allocateOutput(batchSize, longest);
        for (int start = 0; start < order.length; start += batchSize) {
            if (cancelled.getAsBoolean()) {
                throw new StoppedException("evaluation stopped after " + start + " of " + order.length + " token rows");
            }
            int end = Math.min(start + batchSize, order.length);
            Batch batch = Batch.of(IntStream.range(start, end).mapToObj(i -> rows.get(order[i])).toList());
            batch.fill(slot);
            scorer.score(slot, batch.rows(), batch.length(), output);
            for (int row = 0; row < batch.rows(); row++) {
                likelihoods[order[start + row]] = read(output, batch, row, rows.get(order[start + row]));
            }
            progress.update(end, order.length);
        }
        return likelihoods;
    }

    private static FloatBuffer allocateOutput(int rows, int length) {
        int elements = Math.multiplyExact(OUTPUT_PLANES, Math.multiplyExact(rows, length));
        return ByteBuffer.allocateDirect(Math.multiplyExact(elements, Float.BYTES)).order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static Likelihood read(FloatBuffer output, Batch batch, int row, Example example) {
        int plane = batch.rows() * batch.length();
        double logProbability = 0;
        boolean greedy = true;
        for (int position = example.targetStart() - 1; position < example.positions(); position++) {
            int at = row * batch.length() + position;
            logProbability += output.get(at);
            greedy &= output.get(plane + at) == 1f;
        }
        if (Double.isNaN(logProbability)) {
            throw new TrainingFailedException("evaluation: expected log-probabilities, found NaN: the model's parameters "
                    + "or activations are not finite; train with a smaller learning rate or in float32");
        }
        return new Likelihood(logProbability, greedy, example.targets());
    }
}
