package io.ballast.eval;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The hashes by which lm-eval's tools recognise equal documents, prompts and targets. */
final class Hashes {
    private Hashes() {}

    /**
     * @param text any text
     * @return SHA-256 of its UTF-8 bytes in hexadecimal, lm-eval's {@code hash_string}
     */
    static String of(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
