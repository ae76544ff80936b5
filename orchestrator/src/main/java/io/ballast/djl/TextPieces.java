package io.ballast.djl;

import io.ballast.Model;
import io.ballast.StoppedException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Turns round who waits: a model calls with each piece, an iterator is asked for it. The model writes on a thread of
 * its own and waits for no reader, since others wait for its place among the requests; what is not yet read is kept, a
 * text at most.
 */
final class TextPieces implements Iterator<String> {
    private static final Event END = new Event(null, null);

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private Event next;

    /** A piece, or what went wrong; neither at the end. */
    private record Event(String piece, Throwable failure) {
    }

    private TextPieces() {
    }

    static TextPieces of(Model model, Prompt prompt) {
        TextPieces pieces = new TextPieces();
        Thread thread = new Thread(() -> pieces.write(model, prompt), "ballast-stream");
        thread.setDaemon(true);
        thread.start();
        return pieces;
    }

    private void write(Model model, Prompt prompt) {
        try {
            model.generate(List.of(prompt.text()), prompt.how(), (piece, row) -> events.add(new Event(piece, null)),
                    prompt.stopped()::get);
            events.add(END);
        } catch (Throwable e) { // whatever it is belongs to who reads
            events.add(prompt.stopped().get() ? END : new Event(null, e));
        }
    }

    @Override
    public boolean hasNext() {
        if (next == null) {
            next = take();
        }
        if (next.failure() instanceof RuntimeException e) {
            throw e;
        }
        if (next.failure() instanceof Error e) {
            throw e;
        }
        return next != END;
    }

    private Event take() {
        try {
            return events.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException("Interrupted while waiting for the next piece of text.");
        }
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("Expected a piece of text; found the end.");
        }
        String piece = next.piece();
        next = null;
        return piece;
    }
}
