package io.ballast.data;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A JSON Lines file of rows that were made, kept under the hash of its content: whatever made them, the same rows are
 * the same file, and what was tokenized of it serves again.
 */
public final class RowFile implements AutoCloseable {
    private final Path partial;
    private final Writer lines;

    /** Begins a file beside the token stores. */
    public RowFile() {
        Path folder = CacheFolder.of("rows");
        try {
            Files.createDirectories(folder);
            partial = Files.createTempFile(folder, "partial-", ".jsonl");
            lines = Files.newBufferedWriter(partial);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write in " + folder, e);
        }
    }

    /** @param text JSON objects, each with a line's end behind it */
    public void add(String text) {
        try {
            lines.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + partial, e);
        }
    }

    /**
     * @param maker whose rows they are, for a message
     * @return where the whole file lies now
     * @throws InvalidInputException when there is no row
     */
    public Path finish(String maker) {
        try {
            lines.close();
            if (Files.size(partial) == 0) {
                throw new InvalidInputException("expected rows of " + maker + ", found none. Mend it, or take"
                        + " another.");
            }
            Path whole = partial.resolveSibling(new Sha256().file(partial).hex() + ".jsonl");
            return Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + partial, e);
        }
    }

    /** Removes what was not finished. */
    @Override
    public void close() {
        try {
            lines.close();
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            throw new UncheckedIOException("could not remove " + partial, e);
        }
    }
}
