package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
    private static final int LINES = 10_000;
    private static final String[] PIECES = {"Once", " upon a time", "the", " cat's", "Question:", "\nAnswer:", "1234567",
        "3.14", "é", "e\u0301", "ｆｕｌｌ", "日本語", "東京", "안녕", "Привет", "مرحبا", "שלום", "😀", "👩‍👩‍👧", "🇫🇷", "𝒳", "�",
        " ", "  ", "     ", "\t", "\n", "\n\n", "\r\n", "\u00A0", "\u3000", "\u200B", "\u0000", "\u0007", "<s>", "</s>",
        "<unk>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<", ">", "▁", "Ġ", "_", "\\", "\"", "{}", "ß", "İ", "ﬁ",
        "supercalifragilistic", "x".repeat(60)};

    @TempDir
    private static Path folder;
    private static List<String> texts;

    @BeforeAll
    static void makeTexts() {
        Random random = new Random(7);
        texts = new ArrayList<>(List.of("", " "));
        while (texts.size() < LINES) {
            StringBuilder text = new StringBuilder();
            for (int count = 1 + random.nextInt(12); count > 0; count--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            texts.add(text.toString());
        }
    }

    private static void assertIdsLikeTransformers(Path model) {
        List<int[]> expected = Fixtures.transformersIds(model, texts);
        assertEquals(texts.size(), expected.size());
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i);
                assertArrayEquals(expected.get(i), tokenizer.encode(text), text);
            }
        }
    }

    @Test
    void idsOfStories15MAreThoseOfTransformers() {
        assertIdsLikeTransformers(Fixtures.stories15M());
    }

    @Test
    void idsOfAByteLevelTokenizerAreThoseOfTransformers() {
        assertIdsLikeTransformers(Fixtures.byteLevelTokenizer());
    }

    @Test
    void endsAreCodePointsAndTheTextComesBack() {
        Path model = Fixtures.byteLevelTokenizer();
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            String text = "a😀b";
            Tokenizer.Encoded encoded = tokenizer.encodeWithEnds(text);
            assertArrayEquals(tokenizer.encode(text), encoded.ids());
            assertEquals(3, encoded.ends()[encoded.ends().length - 1]);
            assertEquals(text, tokenizer.decode(encoded.ids()));
            assertEquals("<|im_end|>", tokenizer.decode(tokenizer.eos().orElseThrow()));
        }
    }

    @Test
    void longTextsAreNotCut() {
        Path model = Fixtures.byteLevelTokenizer();
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            String text = "日本 and 😀 ".repeat(20_000);
            assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
        }
    }

    @Test
    void halfASurrogatePairIsTheReplacementCharacter() {
        Path model = Fixtures.byteLevelTokenizer();
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            assertArrayEquals(tokenizer.encode("a\uFFFDb😀\uFFFD"), tokenizer.encode("a\uD83Db😀\uDE00"));
        }
    }

    @Test
    void specialTokensAreThoseTheFolderNames() {
        try (Tokenizer stories = Tokenizer.open(Fixtures.stories15M())) {
            assertEquals(OptionalInt.of(1), stories.bos());
            assertEquals(OptionalInt.of(2), stories.eos());
            assertEquals(32_000, stories.vocabularySize());
        }
        try (Tokenizer byteLevel = Tokenizer.open(Fixtures.byteLevelTokenizer())) {
            assertEquals(OptionalInt.empty(), byteLevel.bos());
            assertEquals(byteLevel.encode("<|im_end|>")[0], byteLevel.eos().orElseThrow());
            assertEquals(1 + byteLevel.eos().orElseThrow(), byteLevel.vocabularySize());
        }
    }

    @Test
    void manyThreadsGetTheSameIds() {
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.stories15M())) {
            List<int[]> alone = texts.stream().limit(1000).map(tokenizer::encode).toList();
            IntStream.range(0, 1000).parallel()
                    .forEach(i -> assertArrayEquals(alone.get(i), tokenizer.encode(texts.get(i))));
        }
    }

    @Test
    void theNetworkSwitchOfDjlIsPutBack() {
        Tokenizer.open(Fixtures.stories15M()).close();
        assertNull(System.getProperty("ai.djl.offline"));
    }

    @Test
    void callsAfterCloseAreRefused() {
        Tokenizer tokenizer = Tokenizer.open(Fixtures.stories15M());
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("a"));
        assertThrows(IllegalStateException.class, () -> tokenizer.decode(1));
    }

    @Test
    void aFolderWithoutTokenizerOrWithABrokenOneIsRefused() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        String missing = assertThrows(InvalidInputException.class, () -> Tokenizer.open(empty)).getMessage();
        assertTrue(missing.contains(empty.toString()) && missing.contains("tokenizer.json"), missing);
        Path broken = Files.createDirectories(folder.resolve("broken"));
        for (String content : List.of("{", "{}", "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}}}")) {
            Files.writeString(broken.resolve("tokenizer.json"), content);
            String message = assertThrows(InvalidInputException.class, () -> Tokenizer.open(broken)).getMessage();
            assertTrue(message.contains("tokenizer.json"), message);
        }
    }

    /** By this hash an anchor knows its tokenizer; Python's test_provenance.py has the same files and hash. */
    @Test
    void theFingerprintIsPythons() throws IOException {
        Path made = Files.createDirectories(folder.resolve("made"));
        Files.writeString(made.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"<s>\": 0, \"a\": 1}},"
                + " \"added_tokens\": [{\"content\": \"</s>\", \"id\": 2}]}");
        Files.writeString(made.resolve("tokenizer_config.json"), "{\"bos_token\": null}");
        Files.writeString(made.resolve("special_tokens_map.json"),
                "{\"bos_token\": \"a\", \"eos_token\": {\"content\": \"</s>\"}}");
        Files.writeString(made.resolve("chat_template.jinja"), "{{ messages }}");
        Files.writeString(made.resolve("config.json"), "{\"bos_token_id\": 0}");
        assertEquals("5fc213759280d2f0a4efc50a66e8f5defd31dcc0163fb6e55ed6748cec758e13",
                TokenizerFiles.read(made).fingerprint());
    }

    @Test
    void theFingerprintFollowsTheFilesThatMatter() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "config.json")) {
            Files.copy(Fixtures.stories15M().resolve(name), copy.resolve(name));
        }
        String before = TokenizerFiles.read(copy).fingerprint();
        assertEquals(before, TokenizerFiles.read(Fixtures.stories15M()).fingerprint());
        Files.writeString(copy.resolve("chat_template.jinja"), "{{ messages }}");
        assertNotEquals(before, TokenizerFiles.read(copy).fingerprint());
    }
}
