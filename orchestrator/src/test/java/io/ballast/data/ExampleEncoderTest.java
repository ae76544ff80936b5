package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ExampleEncoderTest {
    private static final int BOS = 1;
    private static final int EOS = 2;
    private static Tokenizer stories;
    private static Tokenizer byteLevel;

    @BeforeAll
    static void open() {
        stories = Tokenizer.open(Fixtures.stories15M());
        byteLevel = Tokenizer.open(Fixtures.byteLevelTokenizer());
    }

    @AfterAll
    static void close() {
        if (stories != null) {
            stories.close();
        }
        if (byteLevel != null) {
            byteLevel.close();
        }
    }

    private static ExampleEncoder encoder(Tokenizer tokenizer) {
        return new ExampleEncoder(tokenizer, Integer.MAX_VALUE);
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }

    private static int[] tail(Example example) {
        return Arrays.copyOfRange(example.ids(), example.targetStart(), example.length());
    }

    @Test
    void aTextIsBosAndItsTokensAndEosOnlyIfAskedFor() {
        int[] ids = stories.encode("Once upon a time");
        Example plain = encoder(stories).text("Once upon a time", false);
        assertArrayEquals(join(new int[] {BOS}, ids), plain.ids());
        assertEquals(1, plain.targetStart());
        assertArrayEquals(join(new int[] {BOS}, ids, new int[] {EOS}),
                encoder(stories).text("Once upon a time", true).ids());
    }

    @Test
    void whatTheTokenizerLacksIsNotAdded() {
        Example text = encoder(byteLevel).text("the cat", true);
        assertArrayEquals(join(byteLevel.encode("the cat"), new int[] {byteLevel.eos().orElseThrow()}), text.ids());
        assertEquals(1, text.targetStart());
    }

    @Test
    void aCompletionIsEncodedWithItsPromptAndSplitAtTheCharacter() {
        Example example = encoder(stories).completion("Question: why?\nAnswer:", " because it is");
        assertArrayEquals(join(new int[] {BOS}, stories.encode("Question: why?\nAnswer: because it is"),
                new int[] {EOS}), example.ids());
        assertEquals("because it is</s>", stories.decode(tail(example)).strip());
    }

    @Test
    void theSplitCountsCodePoints() {
        Example example = encoder(byteLevel).completion("日本 😀😀 cafe\u0301:", " 😀 the");
        assertEquals(" 😀 the<|im_end|>", byteLevel.decode(tail(example)));
        Example storiesExample = encoder(stories).completion("👩‍👩‍👧 𝒳:", " 😀 dog");
        assertEquals("😀 dog</s>", stories.decode(tail(storiesExample)).strip());
    }

    @Test
    void aTokenOverTheBoundaryBelongsToTheCompletion() {
        int[] together = stories.encode("Once upon a time");
        Example example = encoder(stories).completion("Once upon a ti", "me");
        assertArrayEquals(join(new int[] {together[together.length - 1], EOS}), tail(example));
        assertEquals("time</s>", stories.decode(tail(example)).strip());
    }

    @Test
    void anEmptyPromptLearnsTheWholeCompletion() {
        assertEquals(1, encoder(stories).completion("", "Once upon").targetStart());
        assertEquals(1, encoder(byteLevel).completion("", "the cat").targetStart());
    }

    @Test
    void anEmptyCompletionLearnsEosAlone() {
        Example example = encoder(stories).completion("Once upon", "");
        assertArrayEquals(new int[] {EOS}, tail(example));
        assertTrue(assertThrows(InvalidInputException.class, () -> encoder(stories).rendered("Once upon", ""))
                .getMessage().contains("completion is empty"));
    }

    @Test
    void renderedChatsGetNothingAdded() {
        Example example = encoder(stories).rendered("<s>Once upon", " a time</s>");
        assertArrayEquals(stories.encode("<s>Once upon a time</s>"), example.ids());
        assertEquals("a time</s>", stories.decode(tail(example)).strip());
    }

    @Test
    void longRowsLoseTheirEndAndItIsCounted() {
        Example whole = encoder(stories).text("Once upon a time there was a dog", false);
        Example cut = new ExampleEncoder(stories, 5).text("Once upon a time there was a dog", false);
        assertArrayEquals(Arrays.copyOf(whole.ids(), 5), cut.ids());
        assertEquals(whole.length() - 5, cut.droppedTokens());
        Example fits = new ExampleEncoder(stories, whole.length()).text("Once upon a time there was a dog", false);
        assertEquals(0, fits.droppedTokens());
    }

    @Test
    void aCompletionThatTruncatesToNothingIsRefused() {
        Example whole = encoder(stories).completion("Once upon a", " time there was");
        int prompt = whole.targetStart();
        Example one = new ExampleEncoder(stories, prompt + 1).completion("Once upon a", " time there was");
        assertEquals(1, one.targets());
        String message = assertThrows(InvalidInputException.class,
                () -> new ExampleEncoder(stories, prompt).completion("Once upon a", " time there was")).getMessage();
        assertTrue(message.contains("truncates to nothing") && message.contains(prompt + " tokens"), message);
    }
}
