package io.ballast.data;

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

    private final RowEncoder encoder;
    private final TokenStoreWriter writer;
    private final int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    private final Deque<Future<List<Example>>> inFlight = new ArrayDeque<>();

    ParallelEncoding(RowEncoder encoder, TokenStoreWriter writer) {
        this.encoder = encoder;
        this.writer = writer;
    }

    void run(Iterator<Row> rows) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(threads, ParallelEncoding::thread);
        try {
            while (rows.hasNext()) {
                List<Supplier<Example>> chunk = encoder.prepare(chunk(rows));
                inFlight.add(pool.submit(() -> chunk.stream().map(Supplier::get).toList()));
                if (inFlight.size() > 2 * threads) {
                    writeNext();
                }
            }
            while (!inFlight.isEmpty()) {
                writeNext();
            }
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
        for (Example example : result(inFlight.remove())) {
            writer.add(example);
        }
    }

    private static List<Example> result(Future<List<Example>> future) {
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
