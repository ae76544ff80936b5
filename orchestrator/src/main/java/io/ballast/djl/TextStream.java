package io.ballast.djl;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * What a model writes, piece by piece while it writes; the pieces together are the text. The model writes on whether or
 * not the pieces are read; closing the stream stops it. For one thread.
 */
public final class TextStream implements Iterator<String>, AutoCloseable {
    private final Iterator<String> pieces;
    private final Runnable stop;
    private boolean closed;

    TextStream(Iterator<String> pieces, Runnable stop) {
        this.pieces = pieces;
        this.stop = stop;
    }

    /**
     * Waits for the next piece, or the end.
     *
     * @throws io.ballast.BallastException when the model could not go on
     */
    @Override
    public boolean hasNext() {
        return !closed && pieces.hasNext();
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("Expected a piece of text; found the end. Ask hasNext() first.");
        }
        return pieces.next();
    }

    /** Stops the model. May be called twice. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stop.run();
        }
    }
}
