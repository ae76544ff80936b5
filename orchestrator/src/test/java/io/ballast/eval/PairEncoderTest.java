package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.data.Example;
import io.ballast.data.Tokenizer;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairEncoderTest {
    private static final String ROW = "task quiz, row 3";
    @TempDir
    Path folder;

    private static int[] ids(String text) {
        return text.chars().map(c -> CharacterTokenizer.id((char) c)).toArray();
    }

    private static int[] bosAnd(String text) {
        return IntStream.concat(IntStream.of(CharacterTokenizer.BOS), IntStream.of(ids(text))).toArray();
    }

    @Test
    void whiteSpaceMovesFromContextToContinuation() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            PairEncoder.Pair pair = new PairEncoder(tokenizer, 20).encode("ab \n", "cd");
            assertArrayEquals(ids("ab"), pair.context());
            assertArrayEquals(ids(" \ncd"), pair.continuation());
        }
    }

    @Test
    void aTokenizerThatAddsBosByItselfKeepsIt() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, true)) {
            PairEncoder.Pair pair = new PairEncoder(tokenizer, 20).encode("ab", " c");
            assertArrayEquals(bosAnd("ab"), pair.context());
            assertArrayEquals(ids(" c"), pair.continuation());
            assertArrayEquals(new int[] {CharacterTokenizer.BOS}, Encoding.of(tokenizer, 20).contextBegins());
        }
    }

    @Test
    void bosThatIsThereAlreadyIsNotAddedAgain() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, true)) {
            assertArrayEquals(bosAnd("ab"), new PairEncoder(tokenizer, 20).encode("<s>ab", " c").context());
        }
    }

    @Test
    void anEmptyContextIsBos() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            PairEncoder encoder = new PairEncoder(tokenizer, 20);
            assertArrayEquals(new int[] {CharacterTokenizer.BOS}, encoder.encode("", "ab").context());
            assertArrayEquals(ids("ab"), encoder.encode("", "ab").continuation());
            assertArrayEquals(ids("ab"), encoder.encode("", "<s>ab").continuation());
        }
    }

    @Test
    void aLongContextLosesItsBeginning() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            PairEncoder encoder = new PairEncoder(tokenizer, 5);
            Example row = encoder.row(encoder.encode("abcdefgh", " i"), ROW);
            // Five tokens are read; a sixth is only predicted.
            assertArrayEquals(ids("efgh i"), row.ids());
            assertEquals(4, row.targetStart());
        }
    }

    @Test
    void aContinuationMayFillTheWholeWindow() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            PairEncoder encoder = new PairEncoder(tokenizer, 3);
            Example row = encoder.row(encoder.encode("abc", "def"), ROW);
            assertArrayEquals(ids("cdef"), row.ids());
            assertEquals(1, row.targetStart());
        }
    }

    @Test
    void aContinuationLongerThanTheWindowLosesItsBeginningToo() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            PairEncoder encoder = new PairEncoder(tokenizer, 3);
            Example row = encoder.row(encoder.encode("abc", "defgh"), ROW);
            assertArrayEquals(ids("efgh"), row.ids());
            assertEquals(1, row.targetStart());
        }
    }

    @Test
    void nothingToReadOrToScoreIsRefusedWithItsPlace() {
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            PairEncoder encoder = new PairEncoder(tokenizer, 3);
            for (PairEncoder.Pair pair : new PairEncoder.Pair[] {encoder.encode("a", ""), encoder.encode(" ", "a")}) {
                InvalidInputException error =
                        assertThrows(InvalidInputException.class, () -> encoder.row(pair, ROW));
                assertTrue(error.getMessage().contains("task quiz, row 3"), error.getMessage());
            }
        }
    }
}
