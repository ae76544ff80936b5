package io.ballast.data;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.ballast.schema.JsonRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code store.json}: what a token store's folder holds. It is written last, so a folder with it is complete.
 *
 * @param format      {@link #FORMAT} of the version that wrote it
 * @param key         what the store was made from, as a hash
 * @param segmentInts most integers in a file
 * @param statistics  what became of the rows
 * @param index       files with four integers a row: address (low, high), length, first target
 * @param tokens      files with the rows' tokens
 */
record StoreManifest(int format, String key, int segmentInts, DataStatistics statistics, List<SegmentFile> index,
        List<SegmentFile> tokens) {
    /** Raised whenever stores of earlier versions must not be read any more. */
    static final int FORMAT = 1;
    private static final String NAME = "store.json";
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    static StoreManifest read(Path folder, String key) throws IOException {
        StoreManifest manifest;
        try {
            manifest = JsonRecord.parse(JSON, Files.readString(folder.resolve(NAME)), StoreManifest.class);
        } catch (JsonParseException broken) {
            throw new IOException(NAME + " is broken: " + broken.getMessage(), broken);
        }
        if (manifest.format != FORMAT || !key.equals(manifest.key)) {
            throw new IOException(NAME + " is of another version or of other data");
        }
        manifest.check();
        return manifest;
    }

    /** Names are those that {@link SegmentWriter} gives, and the sizes are those of the rows and tokens. */
    private void check() throws IOException {
        if (segmentInts < TokenStore.INTS_PER_ROW || segmentInts % TokenStore.INTS_PER_ROW != 0
                || !areSegments("index", index) || !areSegments("tokens", tokens)
                || ints(index) / TokenStore.INTS_PER_ROW != statistics.rows() || ints(tokens) != statistics.tokens()) {
            throw new IOException(NAME + " contradicts itself");
        }
    }

    private boolean areSegments(String kind, List<SegmentFile> files) {
        return IntStream.range(0, files.size()).allMatch(number -> {
            SegmentFile file = files.get(number);
            return file.name().equals(SegmentFile.name(kind, number)) && file.bytes() > 0
                    && file.bytes() % Integer.BYTES == 0 && file.bytes() / Integer.BYTES <= segmentInts;
        });
    }

    private static long ints(List<SegmentFile> files) {
        return files.stream().mapToLong(SegmentFile::bytes).sum() / Integer.BYTES;
    }

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve(NAME), JSON.toJson(this) + "\n");
    }
}
