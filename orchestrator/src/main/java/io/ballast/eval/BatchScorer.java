package io.ballast.eval;

import io.ballast.StoppedException;
import io.ballast.data.Example;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.ObjIntConsumer;

/**
 * Scores token rows in batches of nearly equal length, and reads once what rows have in common, as far as the model can:
 * <ul>
 * <li>rows with the same tokens in front of their targets stand behind one another in one row of a batch, and see that
 *     context and themselves; targets of one token are all read at the context's end;</li>
 * <li>what many contexts begin with is read beforehand, and its keys and values serve all batches.</li>
 * </ul>
 * What is shared is found in the token ids. The answers are those of rows scored one by one, up to the order of sums: in
 * float32 a log-probability may differ by about 1e-5, in bfloat16 by about 1e-2, where two tokens that are equally likely
 * up to rounding may also change places, as they do between batch sizes.
 *
 * <p>Held in memory: the plan, a few objects a row; one slot and one output of the largest batch, lent to the scorer for
 * every batch; keys and values of one prefix at a time, for one row. The model never reads more positions at once than
 * {@code batchSize} (at least two) of the longest token rows have, and computes logits only where a target is.
 */
public final class BatchScorer {
    private final TokenScorer scorer;
    private final int batchSize;
    private TokenScorer.Sharing sharing;

    /**
     * Makes a scorer.
     *
     * @param scorer    of the model
     * @param batchSize rows in a batch
     */
    public BatchScorer(TokenScorer scorer, int batchSize) {
        this.scorer = scorer;
        this.batchSize = batchSize;
    }

    /**
     * Scores token rows.
     *
     * @param rows      token rows of at least two tokens
     * @param scored    is given each row's likelihood with the row's place, as soon as its batch is done
     * @param progress  is told after every batch
     * @param cancelled is asked before every batch
     * @throws StoppedException when {@code cancelled} says so
     * @throws io.ballast.TrainingFailedException when the model answers NaN
     */
    public void score(List<Example> rows, ObjIntConsumer<Likelihood> scored, EvaluationProgress progress, BooleanSupplier cancelled) {
        if (!rows.isEmpty()) {
            new Scoring(rows, scored, progress, cancelled).run();
        }
    }

    /**
     * Scores token rows all at once.
     *
     * @param rows      token rows of at least two tokens
     * @param progress  is told after every batch
     * @param cancelled is asked before every batch
     * @return one for each row, in the same order
     * @throws StoppedException when {@code cancelled} says so
     * @throws io.ballast.TrainingFailedException when the model answers NaN
     */
    public Likelihood[] score(List<Example> rows, EvaluationProgress progress, BooleanSupplier cancelled) {
        Likelihood[] likelihoods = new Likelihood[rows.size()];
        score(rows, (likelihood, row) -> likelihoods[row] = likelihood, progress, cancelled);
        return likelihoods;
    }

    /** Asked once: it is a matter of the architecture, which training does not change. */
    private TokenScorer.Sharing sharing() {
        if (sharing == null) {
            sharing = scorer.sharing();
        }
        return sharing;
    }

    /** What the model said of the row at a place. */
    private record ScoredRow(int row, Likelihood likelihood) {
    }

    /** One scoring. */
    private final class Scoring {
        private final ObjIntConsumer<Likelihood> scored;
        private final EvaluationProgress progress;
        private final BooleanSupplier cancelled;
        private final ScoringPlan plan;
        private final LongBuffer slot;
        private final FloatBuffer output;
        private final int all;
        private int done;
        private ScoringPlan.Part read;
        private long prefix = TokenScorer.NO_PREFIX;

        Scoring(List<Example> rows, ObjIntConsumer<Likelihood> scored, EvaluationProgress progress,
                BooleanSupplier cancelled) {
            this.scored = scored;
            this.progress = progress;
            this.cancelled = cancelled;
            this.plan = ScoringPlan.of(rows, batchSize, sharing());
            this.slot = ScoringBatch.allocateSlot(Math.max(plan.largestSlot(), plan.longestPrefix()));
            this.output = ScoringBatch.allocateOutput(plan.mostTargets());
            this.all = rows.size();
        }

        void run() {
            List<ScoringPlan.Place> places = plan.places();
            try {
                scorer.rounds().run(ScoredRow.class, places.size(), place -> score(places.get(place)), this::hear, cancelled,
                        () -> new StoppedException("evaluation stopped after " + done + " of " + all + " token rows"));
            } finally {
                releasePrefix();
            }
        }

        /** Reads what a part's rows begin with, unless the batch before was of the same part. */
        private void enter(ScoringPlan.Part part) {
            if (part == read) {
                return;
            }
            releasePrefix();
            read = part;
            int[] tokens = part.prefix();
            if (tokens.length > 0) {
                for (int i = 0; i < tokens.length; i++) {
                    slot.put(i, tokens[i]);
                }
                prefix = scorer.readPrefix(slot, tokens.length);
            }
        }

        private void releasePrefix() {
            if (prefix != TokenScorer.NO_PREFIX) {
                scorer.releasePrefix(prefix);
                prefix = TokenScorer.NO_PREFIX;
            }
        }

        private List<ScoredRow> score(ScoringPlan.Place place) {
            enter(place.part());
            ScoringBatch batch = place.batch();
            batch.fill(slot);
            scorer.score(prefix, slot, batch.rows(), batch.length(), batch.targets(), batch.isBranched(), output);
            List<ScoredRow> rows = new ArrayList<>(batch.requests());
            batch.read(output, (likelihood, row) -> rows.add(new ScoredRow(row, likelihood)));
            return rows;
        }

        private void hear(List<ScoredRow> rows) {
            rows.forEach(each -> scored.accept(each.likelihood(), each.row()));
            done += rows.size();
            progress.update(done, all);
        }
    }
}
