package io.ballast.data;

import io.ballast.InvalidInputException;
import io.ballast.StoppedException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/** Tokenizes rows on a few threads and writes them in their order; only a few chunks of rows are in memory. */
final class ParallelEncoding {
    private static final int ROWS_PER_CHUNK = 256;
    private static final int MOST_THREADS = 4;
    /**
     * A few prompts too long for maxLength are what data is like: they are left out and told. More than this share,
     * and maxLength or the template is wrong.
     */
    private static final double MOST_LOST = 0.05;

    private final RowEncoder encoder;
    private final TokenStoreWriter writer;
    private final int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    private InvalidInputException firstLost;
    private final Deque<Future<List<EncodedRow>>> inFlight = new ArrayDeque<>();

    ParallelEncoding(RowEncoder encoder, TokenStoreWriter writer) {
        this.encoder = encoder;
        this.writer = writer;
    }

    void run(Iterator<Row> rows) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(threads, ParallelEncoding::thread);
        try {
            while (rows.hasNext()) {
                List<Supplier<EncodedRow>> chunk = encoder.prepare(chunk(rows));
                inFlight.add(pool.submit(() -> chunk.stream().map(Supplier::get).toList()));
                if (inFlight.size() > 2 * threads) {
                    writeNext();
                }
            }
            while (!inFlight.isEmpty()) {
                writeNext();
            }
            refuseIfManyAreLost();
        } finally {
            pool.shutdownNow();
        }
    }

    private static List<Row> chunk(Iterator<Row> rows) {
        List<Row> chunk = new ArrayList<>(ROWS_PER_CHUNK);
        while (rows.hasNext() && chunk.size() < ROWS_PER_CHUNK) {
            chunk.add(rows.next());
        }
        return chunk;
    }

    private void writeNext() throws IOException {
        for (EncodedRow row : result(inFlight.remove())) {
            if (row.lost() == null) {
                writer.add(row.example());
            } else {
                firstLost = firstLost == null ? row.lost() : firstLost;
                writer.countLost();
            }
        }
    }

    private void refuseIfManyAreLost() {
        DataStatistics counts = writer.statistics();
        long rows = counts.rows() + counts.emptyRows() + counts.lostRows();
        if (counts.lostRows() > MOST_LOST * rows) {
            throw new InvalidInputException(firstLost.getMessage() + ". So it is for " + counts.lostRows() + " of "
                    + rows + " rows", firstLost);
        }
    }

    private static List<EncodedRow> result(Future<List<EncodedRow>> future) {
        try {
            return future.get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new StoppedException("Stopped while the data was tokenized");
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(failed.getCause());
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "ballast-tokenize");
        thread.setDaemon(true);
        return thread;
    }
}
