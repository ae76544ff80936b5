package io.ballast.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Gives a reader damaged files for some time. It may read them or say with a documented exception why not. Anything else
 * fails: another throwable, more memory than {@link #ALLOCATED_AT_MOST} (what a header promises is not taken on trust),
 * and an answer that does not come. The failure names the seed and the file, which is kept in {@code target/fuzz}.
 *
 * <p>{@code -Dballast.fuzz.seconds} is the time for each reader, {@code -Dballast.fuzz.seed} begins another sequence.
 */
public final class Fuzzing {
    private static final double SECONDS = Double.parseDouble(System.getProperty("ballast.fuzz.seconds", "1"));
    private static final long SEED = Long.getLong("ballast.fuzz.seed", 1);
    private static final long ALLOCATED_AT_MOST = 64L << 20;
    private static final int ANSWERS_WITHIN_SECONDS = 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final String name;
    private final Class<? extends Exception> documented;

    /** What is to be tried. */
    @FunctionalInterface
    public interface Reader {
        /**
         * Reads.
         *
         * @param damaged the content
         * @throws Exception as it documents
         */
        void read(byte[] damaged) throws Exception;
    }

    private Fuzzing(String name, Class<? extends Exception> documented) {
        this.name = name;
        this.documented = documented;
    }

    /**
     * Names a reader.
     *
     * @param name       of the kept file
     * @param documented what the reader may throw
     * @return the fuzzing of it, not begun
     */
    public static Fuzzing of(String name, Class<? extends Exception> documented) {
        return new Fuzzing(name, documented);
    }

    /**
     * Tries the reader until the time is over.
     *
     * @param seeds  valid files; they themselves are read too
     * @param reader what is tried
     */
    public void run(List<byte[]> seeds, Reader reader) {
        Mutation mutation = new Mutation(seeds, new SplittableRandom(SEED));
        ExecutorService worker = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "fuzzing-" + name);
            thread.setDaemon(true); // one that hangs must not keep the JVM
            return thread;
        });
        try {
            for (byte[] seed : seeds) {
                attempt(worker, reader, seed, "a file that is not damaged");
                attempt(worker, reader, seed, "a file that is not damaged"); // the first loaded classes
            }
            long end = System.nanoTime() + (long) (SECONDS * 1e9);
            long count = 0;
            for (; System.nanoTime() < end; count++) {
                attempt(worker, reader, mutation.next(), "damaged file " + count + " of seed " + SEED);
            }
            System.out.printf("fuzzing %s: %,d damaged files, none found fault with%n", name, count);
        } finally {
            worker.shutdownNow();
        }
    }

    private void attempt(ExecutorService worker, Reader reader, byte[] file, String which) {
        try {
            long allocated = worker.submit(() -> allocatedBy(reader, file)).get(ANSWERS_WITHIN_SECONDS,
                    TimeUnit.SECONDS);
            if (allocated > ALLOCATED_AT_MOST) {
                throw failure(file, which, "at most " + ALLOCATED_AT_MOST + " bytes allocated, found " + allocated, null);
            }
        } catch (ExecutionException e) {
            throw failure(file, which, documented.getSimpleName() + " or none", e.getCause());
        } catch (TimeoutException e) {
            throw failure(file, which, "an answer within " + ANSWERS_WITHIN_SECONDS + " s, found none", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private long allocatedBy(Reader reader, byte[] file) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            reader.read(file);
        } catch (Throwable thrown) { // a stack or a heap that is exhausted too
            if (!documented.isInstance(thrown)) {
                throw thrown;
            }
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private AssertionError failure(byte[] file, String which, String expected, Throwable found) {
        Path kept = Path.of("target", "fuzz", name + "-" + Integer.toHexString(Arrays.hashCode(file)));
        try {
            Files.createDirectories(kept.getParent());
            Files.write(kept, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new AssertionError(name + ", " + which + " (" + kept + "): expected " + expected, found);
    }
}
