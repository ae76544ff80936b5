package io.ballast.checkpoint;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a run folder for one run at a time, of all processes; the operating system lets go of it when its process ends,
 * however it does. The file stays: were it removed, two processes could each lock one of that name.
 */
public final class RunLock implements AutoCloseable {
    private static final String FILE = ".lock";

    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock of a run folder.
     *
     * @param runFolder the folder
     * @return the lock, to be closed when the run has ended
     * @throws InvalidInputException when a run has it, or it cannot be written
     */
    public static RunLock take(Path runFolder) {
        try {
            FileChannel channel = FileChannel.open(runFolder.resolve(FILE), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (isFree(channel)) {
                return new RunLock(channel);
            }
            channel.close();
        } catch (IOException e) {
            throw new InvalidInputException("Expected a run folder that can be written at " + runFolder + "; found " + e
                    + ". Let it be written, or copy it to where it can.", e);
        }
        throw new InvalidInputException("Expected a run folder that no run is working on; found that one works on "
                + runFolder + " now. Wait for its end, or stop it.");
    }

    private static boolean isFree(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException thisProcessHasIt) {
            return false;
        }
    }

    /** Lets go of the folder. May be called twice. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("could not unlock a run folder", e);
        }
    }
}
