package io.ballast.data;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes int32 records, little-endian, to files of limited size, since a mapped buffer ends at 2 GiB. A record
 * never stands in two files; the rest of a file is left out when the next record does not fit.
 */
final class SegmentWriter implements Closeable {
    private static final int BLOCK_BYTES = 1 << 20;

    private final Path folder;
    private final String name;
    private final int segmentInts;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();
    private final List<SegmentFile> files = new ArrayList<>();
    private FileChannel channel;
    private int written;

    SegmentWriter(Path folder, String name, int segmentInts) {
        this.folder = folder;
        this.name = name;
        this.segmentInts = segmentInts;
    }

    /** Writes a record and returns its address: segment × segmentInts + place in the segment. */
    long append(int... record) throws IOException {
        if (record.length > segmentInts) {
            throw new IllegalArgumentException("A record of " + record.length + " integers does not fit into a segment "
                    + "of " + segmentInts);
        }
        if (channel == null || record.length > segmentInts - written) {
            finishSegment();
            channel = FileChannel.open(folder.resolve(SegmentFile.name(name, files.size())),
                    StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }
        long address = (long) files.size() * segmentInts + written;
        put(IntBuffer.wrap(record));
        written += record.length;
        return address;
    }

    private void put(IntBuffer record) throws IOException {
        while (record.hasRemaining()) {
            if (block.remaining() < Integer.BYTES) {
                flush();
            }
            int count = Math.min(record.remaining(), block.remaining() / Integer.BYTES);
            block.asIntBuffer().put(record.slice().limit(count));
            block.position(block.position() + count * Integer.BYTES);
            record.position(record.position() + count);
        }
    }

    private void flush() throws IOException {
        block.flip();
        checksum.update(block.duplicate());
        while (block.hasRemaining()) {
            channel.write(block);
        }
        block.clear();
    }

    private void finishSegment() throws IOException {
        if (channel != null) {
            flush();
            channel.close();
            channel = null;
            files.add(new SegmentFile(SegmentFile.name(name, files.size()), (long) written * Integer.BYTES,
                    checksum.getValue()));
            checksum.reset();
            written = 0;
        }
    }

    /** Ends the last file and tells all files. */
    List<SegmentFile> finish() throws IOException {
        finishSegment();
        return List.copyOf(files);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
