package io.ballast.djl;

import ai.djl.metric.Metrics;
import ai.djl.metric.Unit;
import java.util.Iterator;

/**
 * Tells DJL's metrics of a stream, of which its predictor tells nothing: {@code FirstPiece}, how long a reader waited
 * for the first piece, and {@code Prediction}, how long for the end, in microseconds.
 */
final class MeasuredPieces implements Iterator<String> {
    private final Iterator<String> pieces;
    private final Metrics metrics;
    private final long begin = System.nanoTime();
    private boolean begun;
    private boolean ended;

    private MeasuredPieces(Iterator<String> pieces, Metrics metrics) {
        this.pieces = pieces;
        this.metrics = metrics;
    }

    /**
     * @param metrics null where nobody measures
     * @return the same pieces
     */
    static Iterator<String> of(Iterator<String> pieces, Metrics metrics) {
        return metrics == null ? pieces : new MeasuredPieces(pieces, metrics);
    }

    @Override
    public boolean hasNext() {
        boolean more = pieces.hasNext();
        if (!more && !ended) {
            ended = true;
            tell("Prediction");
        }
        return more;
    }

    @Override
    public String next() {
        String piece = pieces.next();
        if (!begun) {
            begun = true;
            tell("FirstPiece");
        }
        return piece;
    }

    private void tell(String what) {
        metrics.addMetric(what, (System.nanoTime() - begin) / 1000, Unit.MICROSECONDS);
    }
}
