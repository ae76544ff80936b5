package io.ballast.bench;

import io.ballast.data.WholeFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that is there while a benchmark runs. */
final class ScratchFolder {
    private ScratchFolder() {
    }

    /**
     * Something that is measured in a folder of its own.
     *
     * @param <T> what it finds
     */
    interface Measured<T> {
        /**
         * @param folder an empty one, gone afterwards
         * @return what is found
         * @throws IOException when the folder cannot be written to
         */
        T in(Path folder) throws IOException;
    }

    static <T> T with(Measured<T> measured) {
        try {
            Path folder = Files.createTempDirectory("ballast-bench");
            try {
                return measured.in(folder);
            } finally {
                WholeFiles.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the benchmark's files", e);
        }
    }
}
