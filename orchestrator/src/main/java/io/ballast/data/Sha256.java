package io.ballast.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over texts and files, in the order in which they are given. */
public final class Sha256 {
    private static final int BLOCK_BYTES = 1 << 16;
    private final MessageDigest digest;

    /** Nothing yet. */
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java has SHA-256", impossible);
        }
    }

    /**
     * Adds a text and its end, so that "ab", "c" differs from "a", "bc"; null differs from every text.
     *
     * @param text what to add, or null
     * @return this
     */
    public Sha256 text(String text) {
        digest.update(String.valueOf(text).getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update((byte) (text == null ? 1 : 0));
        return this;
    }

    /**
     * Adds bytes as they are.
     *
     * @param bytes what to add
     * @return this
     */
    public Sha256 bytes(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /**
     * Adds a file's content.
     *
     * @param file what to add
     * @return this
     * @throws UncheckedIOException when it cannot be read
     */
    public Sha256 file(Path file) {
        try (InputStream bytes = Files.newInputStream(file)) {
            return rest(bytes);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /**
     * Adds what a stream still has.
     *
     * @param bytes read to its end, and left open
     * @return this
     * @throws IOException when it cannot be read
     */
    Sha256 rest(InputStream bytes) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        for (int count = bytes.read(block); count >= 0; count = bytes.read(block)) {
            digest.update(block, 0, count);
        }
        return this;
    }

    /** @return the hash of all that was added, in hexadecimal; nothing can be added after it */
    public String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
