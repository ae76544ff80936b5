package io.ballast.data;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file of a token store.
 *
 * @param name   its name in the store's folder
 * @param bytes  its size
 * @param crc32c checksum of its content
 */
record SegmentFile(String name, long bytes, long crc32c) {

    static String name(String kind, int number) {
        return kind + "." + number;
    }

    /** Maps the file read-only. The mapping lives until no buffer refers to it: Java 17 has no way to end it. */
    IntBuffer map(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolve(name))) {
            if (channel.size() != bytes) {
                throw new IOException(name + " should have " + bytes + " bytes and has " + channel.size());
            }
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes);
            CRC32C checksum = new CRC32C();
            checksum.update(mapped.duplicate());
            if (checksum.getValue() != crc32c) {
                throw new IOException(name + " has changed since it was written");
            }
            return mapped.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        }
    }
}
