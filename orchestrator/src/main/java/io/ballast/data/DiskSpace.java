package io.ballast.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** How much room there is for what will be written, and how long writing it takes. */
public final class DiskSpace {
    /** What is tried of what will be written. */
    private static final int SHARE = 8;
    private static final long LEAST_BYTES = 16 << 20;
    private static final long MOST_BYTES = 1 << 30;
    private static final double NANOSECONDS = 1e9;

    private DiskSpace() {
    }

    /**
     * Asks the disk of a folder that may yet have to be made.
     *
     * @param folder where something will be written
     * @return bytes that can still be written there
     * @throws IOException when the disk does not tell
     */
    public static long freeBytes(Path folder) throws IOException {
        return Files.getFileStore(existing(folder.toAbsolutePath())).getUsableSpace();
    }

    /**
     * Tries an eighth of it, 16 MiB to 1 GiB and no more than an eighth of what is free: written, forced to the disk, and
     * hashed, as what a run leaves is. A disk that is lent by the second takes a little in no time, and what comes after it
     * slowly.
     *
     * @param folder where something will be written
     * @param bytes  how much
     * @return seconds for so much
     * @throws IOException when nothing can be written there now
     */
    public static double secondsToWrite(Path folder, long bytes) throws IOException {
        long tried = triedBytes(bytes, freeBytes(folder));
        ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
        long started = System.nanoTime();
        Path file = Files.createTempFile(existing(folder.toAbsolutePath()), ".ballast-", ".try");
        // However this ends, the file is gone.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE)) {
            while (channel.size() < tried) {
                channel.write(piece.clear());
            }
            channel.force(false);
            new Sha256().rest(Channels.newInputStream(channel.position(0))).hex();
        }
        return (System.nanoTime() - started) / NANOSECONDS * bytes / tried;
    }

    static long triedBytes(long bytes, long free) {
        return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.min(bytes, free) / SHARE));
    }

    private static Path existing(Path folder) {
        return Files.exists(folder) || folder.getParent() == null ? folder : existing(folder.getParent());
    }
}
