package io.ballast.cli;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process is among the ranks of a run, before it has met them: by its environment, as torchrun, a Kubernetes
 * PyTorchJob or a Slurm script sets it.
 *
 * @param rank     which one, from 0
 * @param size     how many there are
 * @param failures folder in which a rank that fails leaves its reason for who started it; null where nobody asks
 */
record RankProcess(int rank, int size, Path failures) {
    /** @return this process */
    static RankProcess current() {
        String failures = System.getenv("BALLAST_RANK_FAILURES");
        int size = number("WORLD_SIZE", 1);
        return new RankProcess(size > 1 ? number("RANK", 0) : 0, size, failures == null ? null : Path.of(failures));
    }

    private static int number(String variable, int otherwise) {
        String value = System.getenv(variable);
        return value != null && value.matches("\\d{1,9}") ? Integer.parseInt(value) : otherwise;
    }

    /** @return whether it is one of several */
    boolean isRank() {
        return size > 1;
    }

    /** @return whether it is the one that speaks */
    boolean isFirst() {
        return rank == 0;
    }

    /**
     * Leaves behind why this rank failed.
     *
     * @param exitCode it ends with
     * @param message  the reason
     */
    void failed(int exitCode, String message) {
        if (failures != null) {
            try {
                Files.writeString(failures.resolve(String.valueOf(rank)), exitCode + "\n" + message);
            } catch (IOException nobodyAsksAnyMore) {
                // who started the ranks is gone
            }
        } else if (!isFirst()) {
            new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8)
                    .println("ballast: rank " + rank + ": " + message);
        }
    }

    /** What a rank that does not speak says: kept until it is known where to. */
    static final class Log extends OutputStream {
        private OutputStream target = new ByteArrayOutputStream();

        /**
         * Writes what was said so far, and all that follows, into a file.
         *
         * @param file made, with its folder
         */
        synchronized void moveTo(Path file) {
            if (target instanceof ByteArrayOutputStream before) {
                try {
                    Files.createDirectories(file.getParent());
                    target = Files.newOutputStream(file);
                    target.write(before.toByteArray());
                } catch (IOException e) {
                    throw new UncheckedIOException("could not write " + file, e);
                }
            }
        }

        @Override
        public synchronized void write(int value) throws IOException {
            target.write(value);
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) throws IOException {
            target.write(bytes, from, length);
        }

        @Override
        public synchronized void flush() throws IOException {
            target.flush();
        }
    }
}
