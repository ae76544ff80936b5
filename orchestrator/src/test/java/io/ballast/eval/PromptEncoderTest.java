package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import io.ballast.eval.PromptEncoder.Prompt;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptEncoderTest {
    @TempDir
    Path folder;

    private Prompt encode(boolean addsBos, String prompt, int maxLength, int maxTokens) {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, addsBos)) {
            return new PromptEncoder(tokenizer, maxLength).encode(prompt, maxTokens, "task sums, row 3");
        }
    }

    private static int[] ids(int first, String rest) {
        int[] ids = new int[1 + rest.length()];
        ids[0] = first;
        for (int i = 0; i < rest.length(); i++) {
            ids[1 + i] = CharacterTokenizer.id(rest.charAt(i));
        }
        return ids;
    }

    @Test
    void bosIsWhatTheTokenizerAddsAndNeverTwice() {
        int a = CharacterTokenizer.id('a');
        assertArrayEquals(ids(CharacterTokenizer.BOS, "ab"), encode(true, "ab", 9, 2).ids());
        assertArrayEquals(ids(CharacterTokenizer.BOS, "ab"), encode(true, "<s>ab", 9, 2).ids());
        assertArrayEquals(ids(a, "b"), encode(false, "ab", 9, 2).ids());
    }

    @Test
    void whiteSpaceAtTheEndStays() {
        assertArrayEquals(ids(CharacterTokenizer.BOS, "a \n"), encode(true, "a \n", 9, 2).ids());
    }

    @Test
    void aLongPromptLosesItsBeginningAndBosWithIt() {
        Prompt prompt = encode(true, "abcdef", 9, 5);
        assertArrayEquals(ids(CharacterTokenizer.id('c'), "def"), prompt.ids());
        assertEquals(3, prompt.cut());
        assertEquals(0, encode(true, "abc", 9, 5).cut());
    }

    @Test
    void moreTokensToWriteThanTheModelReadsAreRefused() {
        InvalidInputException wrong = assertThrows(InvalidInputException.class, () -> encode(true, "ab", 256, 256));
        assertTrue(wrong.getMessage().contains("fewer tokens than the 256 that the model reads at once, found 256"),
                wrong.getMessage());
    }

    @Test
    void anEmptyPromptIsRefusedUnlessTheTokenizerAddsBos() {
        assertArrayEquals(new int[] {CharacterTokenizer.BOS}, encode(true, "", 9, 2).ids());
        InvalidInputException wrong = assertThrows(InvalidInputException.class, () -> encode(false, "", 9, 2));
        assertTrue(wrong.getMessage().startsWith("task sums, row 3: expected a prompt"), wrong.getMessage());
    }
}
