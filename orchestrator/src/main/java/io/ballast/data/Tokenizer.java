package io.ballast.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;

/**
 * A model's tokenizer: {@code tokenizer.json} of its folder, run by the same Rust library that transformers
 * uses. It adds no special tokens of its own, but special tokens that stand in a text are recognised, as
 * transformers does. Many threads may use one tokenizer.
 */
public final class Tokenizer implements AutoCloseable {
    private static final Map<String, String> OPTIONS = Map.of("addSpecialTokens", "false",
            "truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD");

    private final Path folder;
    private final HuggingFaceTokenizer tokenizer;
    private final TokenizerFiles files;
    /** Readers encode; the writer closes. The native handle must not be freed under an encoding thread. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /**
     * Token ids with where they end.
     *
     * @param ids  token ids
     * @param ends for each token, how many code points of the text lie before its end
     */
    public record Encoded(int[] ids, int[] ends) {
    }

    private Tokenizer(Path folder, HuggingFaceTokenizer tokenizer, TokenizerFiles files) {
        this.folder = folder;
        this.tokenizer = tokenizer;
        this.files = files;
    }

    /**
     * Opens the tokenizer of a model.
     *
     * @param modelFolder a Hugging Face model folder
     * @return its tokenizer, to be closed
     * @throws InvalidInputException if there is no {@code tokenizer.json}, or it cannot be read
     */
    public static Tokenizer open(Path modelFolder) {
        Path file = modelFolder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException("The model folder " + modelFolder + " has no tokenizer.json. Save the "
                    + "tokenizer there with transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…)");
        }
        TokenizerFiles files = TokenizerFiles.read(modelFolder);
        try {
            HuggingFaceTokenizer tokenizer = Offline.call(() -> HuggingFaceTokenizer.newInstance(file, OPTIONS));
            return new Tokenizer(modelFolder, tokenizer, files);
        } catch (IOException | RuntimeException unreadable) {
            throw new InvalidInputException("The tokenizer " + file + " cannot be read: " + unreadable.getMessage(),
                    unreadable);
        }
    }

    /**
     * Tokenizes a text; nothing is added and nothing cut off.
     *
     * @param text any text; half a surrogate pair counts as U+FFFD
     * @return its token ids
     */
    public int[] encode(String text) {
        return encodeNatively(text, false, Tokenizer::ids);
    }

    /**
     * Tokenizes a text as transformers does by default: with the special tokens that {@code tokenizer.json}
     * itself puts around a text, if any.
     *
     * @param text any text; half a surrogate pair counts as U+FFFD
     * @return its token ids
     */
    public int[] encodeWithSpecialTokens(String text) {
        return encodeNatively(text, true, Tokenizer::ids);
    }

    /**
     * Tokenizes a text and says where each token ends.
     *
     * @param text any text; half a surrogate pair counts as U+FFFD
     * @return its token ids and their ends
     */
    public Encoded encodeWithEnds(String text) {
        return encodeNatively(text, false, encoding -> new Encoded(ids(encoding), ends(encoding)));
    }

    /**
     * Turns ids into text, special tokens included.
     *
     * @param ids token ids
     * @return the text
     */
    public String decode(int... ids) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            wide[i] = ids[i];
        }
        lock.readLock().lock();
        try {
            checkOpen();
            return tokenizer.decode(wide, false);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** @return the token that opens a text, if the tokenizer has one */
    public OptionalInt bos() {
        return files.bos();
    }

    /** @return the token that ends a text, if the tokenizer has one */
    public OptionalInt eos() {
        return files.eos();
    }

    /** @return the highest token id and one: what a model's embedding must have at least */
    public int vocabularySize() {
        return files.vocabularySize();
    }

    /** @return SHA-256 over all files of the folder that decide how a row becomes ids */
    public String fingerprint() {
        return files.fingerprint();
    }

    /** @return the model's folder */
    public Path folder() {
        return folder;
    }

    /** Frees the native tokenizer. May be called twice. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            tokenizer.close();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /**
     * What {@code read} takes from the encoding of a text. {@link HuggingFaceTokenizer#encode} would fetch ten arrays,
     * one of them the tokens as strings, which costs as much as the tokenization.
     */
    private <T> T encodeNatively(String text, boolean addSpecialTokens, LongFunction<T> read) {
        lock.readLock().lock();
        try {
            checkOpen();
            long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), UnpairedSurrogates.replaced(text),
                    addSpecialTokens);
            try {
                return read.apply(encoding);
            } finally {
                TokenizersLibrary.LIB.deleteEncoding(encoding);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private static int[] ends(long encoding) {
        CharSpan[] spans = TokenizersLibrary.LIB.getTokenCharSpans(encoding);
        int[] ends = new int[spans.length];
        int last = 0;
        for (int i = 0; i < ends.length; i++) {
            last = spans[i] == null ? last : spans[i].getEnd();
            ends[i] = last;
        }
        return ends;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The tokenizer of " + folder + " is closed");
        }
    }

    private static int[] ids(long encoding) {
        long[] wide = TokenizersLibrary.LIB.getTokenIds(encoding);
        int[] ids = new int[wide.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) wide[i];
        }
        return ids;
    }
}
