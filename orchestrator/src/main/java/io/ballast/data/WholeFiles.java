package io.ballast.data;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import java.util.stream.Stream;

/** Files that are there whole or not at all, and folders that go with all that is in them. */
public final class WholeFiles {
    private WholeFiles() {
    }

    /**
     * Writes a text so that a reader finds the old file or the new one, never a part. Several processes may write the
     * same file; the last one's stays.
     *
     * @param file what to write, in a folder that is there; replaced where it is there itself
     * @param text its content
     * @throws IOException when it cannot be written; then what was there before is still there
     */
    public static void write(Path file, String text) throws IOException {
        write(file, partial -> Files.writeString(partial, text));
    }

    /**
     * The same with bytes, such as of a text that may have half a surrogate pair.
     *
     * @param file    what to write, as above
     * @param content its bytes
     * @throws IOException as above
     */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, partial -> Files.write(partial, content));
    }

    private interface Writing {
        void to(Path partial) throws IOException;
    }

    private static void write(Path file, Writing writing) throws IOException {
        // Not createTempFile: what it makes may be read by nobody else, and would stay so under the file's own name.
        Path partial = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            writing.to(partial);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /**
     * Gives a finished folder its name. Where another process was first, its folder stays, for it is as good.
     *
     * @param partial the finished folder, beside the name it takes; left to the caller where another was first
     * @param folder  its name
     * @throws IOException when it cannot be moved, and no other is there
     */
    public static void giveName(Path partial, Path folder) throws IOException {
        try {
            Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    /**
     * Removes a folder with all that is in it, or a file. Of a link the link is removed, not what it leads to.
     *
     * @param path what to remove; nothing happens where nothing is there
     * @throws IOException when something cannot be removed; what came before it is gone
     */
    public static void delete(Path path) throws IOException {
        Files.walkFileTree(path, new Removal());
    }

    /**
     * Whether a folder can be filled without files of another time among the new ones.
     *
     * @param folder where to
     * @return true where nothing is there, or a folder without entries
     * @throws IOException when the folder cannot be listed
     */
    public static boolean isNewOrEmpty(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return !Files.exists(folder);
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    private static final class Removal extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) { // another process removed it first
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
