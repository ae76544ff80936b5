package io.ballast.data;

import java.io.IOException;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tokenized rows on disk, mapped into memory: the size of the data is not a matter of the heap. Many threads may
 * read. What {@link #document} and {@link #ids} gave may still be read after {@link #close()}.
 */
public final class TokenStore implements AutoCloseable {
    static final int INTS_PER_ROW = 4;

    private final StoreManifest manifest;
    private final boolean reused;
    private volatile List<IntBuffer> index;
    private volatile List<IntBuffer> tokens;

    private TokenStore(StoreManifest manifest, List<IntBuffer> index, List<IntBuffer> tokens, boolean reused) {
        this.manifest = manifest;
        this.index = index;
        this.tokens = tokens;
        this.reused = reused;
    }

    /** Opens a store, unless it is incomplete, damaged or made from something else. */
    static TokenStore open(Path folder, String key, boolean reused) throws IOException {
        StoreManifest manifest = StoreManifest.read(folder, key);
        return new TokenStore(manifest, map(folder, manifest.index()), map(folder, manifest.tokens()), reused);
    }

    private static List<IntBuffer> map(Path folder, List<SegmentFile> files) throws IOException {
        List<IntBuffer> buffers = new ArrayList<>();
        for (SegmentFile file : files) {
            buffers.add(file.map(folder));
        }
        return buffers;
    }

    /** @return how many rows there are */
    public long size() {
        return manifest.statistics().rows();
    }

    /** @return how many bytes its files have */
    public long bytes() {
        return Stream.concat(manifest.index().stream(), manifest.tokens().stream()).mapToLong(SegmentFile::bytes).sum();
    }

    /** @return how many tokens there are */
    public long tokens() {
        return manifest.statistics().tokens();
    }

    /** @return what became of the rows it was made from */
    public DataStatistics statistics() {
        return manifest.statistics();
    }

    /** @return whether it was found ready, rather than made now */
    public boolean reused() {
        return reused;
    }

    /**
     * Counts the tokens of a row.
     *
     * @param row 0 to {@code size() - 1}
     * @return its tokens
     */
    public int length(long row) {
        return field(row, 2);
    }

    /**
     * Tells what of a row is learned.
     *
     * @param row 0 to {@code size() - 1}
     * @return index of the first token that is learned
     */
    public int targetStart(long row) {
        return field(row, 3);
    }

    /**
     * The tokens of a row.
     *
     * @param row 0 to {@code size() - 1}
     * @return a read-only view
     */
    public IntBuffer ids(long row) {
        long address = Integer.toUnsignedLong(field(row, 0)) | (long) field(row, 1) << Integer.SIZE;
        IntBuffer segment = open(tokens).get((int) (address / manifest.segmentInts()));
        return segment.slice((int) (address % manifest.segmentInts()), length(row));
    }

    /**
     * A row as a batch takes it.
     *
     * @param row 0 to {@code size() - 1}
     * @return the row
     */
    public Document document(long row) {
        return new StoredDocument(ids(row), targetStart(row));
    }

    /** Lets go of the files; the system unmaps them when nobody reads them any more. May be called twice. */
    @Override
    public void close() {
        index = null;
        tokens = null;
    }

    private int field(long row, int field) {
        if (row < 0 || row >= size()) {
            throw new IndexOutOfBoundsException("Row " + row + " of a token store with " + size() + " rows");
        }
        int rowsPerSegment = manifest.segmentInts() / INTS_PER_ROW;
        return open(index).get((int) (row / rowsPerSegment)).get((int) (row % rowsPerSegment) * INTS_PER_ROW + field);
    }

    private static List<IntBuffer> open(List<IntBuffer> buffers) {
        if (buffers == null) {
            throw new IllegalStateException("The token store is closed");
        }
        return buffers;
    }

    private record StoredDocument(IntBuffer ids, int targetStart) implements Document {
        @Override
        public int length() {
            return ids.limit();
        }

        @Override
        public int token(int index) {
            return ids.get(index);
        }
    }
}
