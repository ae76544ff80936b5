package io.ballast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What is costly to make is made once for all tests, which run in several processes. */
public final class MadeOnce {
    private MadeOnce() {
    }

    /** Makes a file or folder where it is told to. */
    @FunctionalInterface
    public interface Maker {
        /**
         * @param path where nothing is yet; its folder is there
         * @throws Exception if it cannot be made
         */
        void make(Path path) throws Exception;
    }

    /**
     * @param path  where it is wanted
     * @param maker makes it if nobody has; another process that wants it waits
     * @return the path
     */
    public static synchronized Path at(Path path, Maker maker) {
        try {
            Files.createDirectories(path.getParent());
            try (FileChannel lock = FileChannel.open(path.resolveSibling(path.getFileName() + ".lock"),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                if (!Files.exists(path)) {
                    Path partial = Files.createTempDirectory(path.getParent(), "partial").resolve("made");
                    maker.make(partial);
                    Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
                    Files.delete(partial.getParent());
                }
            }
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
