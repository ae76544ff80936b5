package io.ballast.data;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells on which line of a file a record stands. DuckDB leaves out blank lines of JSON Lines and does not say
 * where they were; this reads along beside it. In other formats the record's number is what is told.
 */
final class LineCounter implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 16;
    private final Path file;
    /** Null for formats without lines. */
    private final InputStream bytes;
    private final byte[] block = new byte[BLOCK_BYTES];
    private int next;
    private int filled;
    private long records;
    private long line;

    private LineCounter(Path file, InputStream bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    static LineCounter of(Path file) {
        try {
            boolean lines = DataFormat.of(file) == DataFormat.JSON_LINES;
            return new LineCounter(file, lines ? Files.newInputStream(file) : null);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** The line of a record; both count from 1, and records are asked for in rising order. */
    long lineOf(long record) {
        if (bytes == null) {
            return record;
        }
        try {
            while (records < record) {
                line++;
                records += readLine() ? 1 : 0;
            }
            return line;
        } catch (IOException unreadable) {
            throw new InvalidInputException("The data file " + file + " cannot be read: " + unreadable.getMessage(),
                    unreadable);
        }
    }

    /** Whether the next line has something in it. */
    private boolean readLine() throws IOException {
        boolean full = false;
        int octet = readByte();
        while (octet >= 0 && octet != '\n') {
            full |= octet != ' ' && octet != '\t' && octet != '\r';
            octet = readByte();
        }
        if (octet < 0 && !full) {
            throw new IOException("it became shorter while it was read");
        }
        return full;
    }

    /** A BufferedInputStream would take a lock for each byte. */
    private int readByte() throws IOException {
        if (next == filled) {
            next = 0;
            filled = bytes.read(block);
            if (filled <= 0) {
                filled = 0;
                return -1;
            }
        }
        return block[next++] & 0xFF;
    }

    @Override
    public void close() {
        try {
            if (bytes != null) {
                bytes.close();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
