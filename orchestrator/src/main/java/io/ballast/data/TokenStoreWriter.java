package io.ballast.data;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** Writes a token store into an empty folder, row by row. */
final class TokenStoreWriter implements Closeable {
    private final Path folder;
    private final int segmentInts;
    private final SegmentWriter tokens;
    private final SegmentWriter index;
    private DataStatistics statistics = DataStatistics.NONE;

    /** Segments hold a whole number of index rows. */
    TokenStoreWriter(Path folder, int segmentInts) {
        this.folder = folder;
        this.segmentInts = Math.max(1, segmentInts / TokenStore.INTS_PER_ROW) * TokenStore.INTS_PER_ROW;
        this.tokens = new SegmentWriter(folder, "tokens", this.segmentInts);
        this.index = new SegmentWriter(folder, "index", this.segmentInts);
    }

    /** Adds a row; one without targets is counted and left out. */
    void add(Example example) throws IOException {
        statistics = statistics.with(example);
        if (example.targets() > 0) {
            long address = tokens.append(example.ids());
            index.append((int) address, (int) (address >>> Integer.SIZE), example.length(), example.targetStart());
        }
    }

    /** Counts a row whose prompt leaves no room for its completion. */
    void countLost() {
        statistics = statistics.plus(new DataStatistics(0, 0, 0, 0, 0, 0, 1, 0));
    }

    DataStatistics statistics() {
        return statistics;
    }

    void finish(String key) throws IOException {
        new StoreManifest(StoreManifest.FORMAT, key, segmentInts, statistics, index.finish(), tokens.finish())
                .write(folder);
    }

    @Override
    public void close() throws IOException {
        try (tokens) {
            index.close();
        }
    }
}
