package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.eval.Item.Argument;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LikelihoodMetricsTest {
    private static final ItemHashes NONE = new ItemHashes("", "", "");

    private static TaskFacts facts(String outputType) {
        return new TaskFacts("task", outputType, null, null, null, null, false, List.of(), List.of(), null, false,
                null);
    }

    private static Item choices(List<Integer> gold, String... choices) {
        return new Item(0, Map.of(), NONE, List.of(), List.of(choices), gold, gold.toString(), List.of(), null, 0);
    }

    private static double value(String metric, Item item, double... logProbabilities) {
        return of("multiple_choice", metric, item, Arrays.stream(logProbabilities)
                .mapToObj(each -> new Likelihood(each, each > -1, 1)).toList()).total();
    }

    private static Contribution of(String outputType, String metric, Item item, List<Likelihood> rows) {
        return new LikelihoodMetrics(facts(outputType), List.of(new Metric(metric, Aggregation.MEAN, true)))
                .of(item, rows).get(metric);
    }

    @Test
    void theFirstOfEquallyLikelyChoicesIsTaken() {
        assertEquals(1, value("acc", choices(List.of(0), "a", "b"), -1.5, -1.5));
        assertEquals(0, value("acc", choices(List.of(1), "a", "b"), -1.5, -1.5));
    }

    @Test
    void anyOfSeveralRightChoicesIsRight() {
        assertEquals(1, value("acc", choices(List.of(0, 2), "a", "b", "c"), -3, -2, -1.5));
        assertEquals(0, value("acc", choices(List.of(0, 2), "a", "b", "c"), -3, -1, -1.5));
    }

    @ParameterizedTest
    @CsvSource({"acc, 0", "acc_norm, 1", "acc_bytes, 0"})
    void lengthIsCountedInCodePointsOrInBytesAndNeverInUtf16Units(String metric, double right) {
        // Per code point −3 and −2; per UTF-16 unit −1.5 and −2; per byte −0.75 and −2.
        assertEquals(right, value(metric, choices(List.of(1), "\uD83D\uDE00\uD83D\uDE00", "abc"), -6, -6.0));
    }

    @Test
    void anExactMatchIsAGreedyRightChoice() {
        assertEquals(1, value("exact_match", choices(List.of(1), "a", "b"), -0.1, -0.5));
        assertEquals(0, value("exact_match", choices(List.of(1), "a", "b"), -0.1, -1.5));
    }

    @Test
    void aSingleContinuationIsRightWhenItIsTheGreedyOneAndItsTokensAreNotCounted() {
        Item item = new Item(0, Map.of(), NONE, List.of(new Argument("a", " word")), List.of(), List.of(), " word",
                List.of(), null, 0);
        List<Likelihood> rows = List.of(new Likelihood(-2.5, true, 3));
        assertEquals(new Contribution(1, 1), of("loglikelihood", "acc", item, rows));
        assertEquals(new Contribution(2.5, 1), of("loglikelihood", "perplexity", item, rows));
    }

    /** Expected values: {@code len(re.split(r"\s+", text))} and {@code len(text.encode())} of Python. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {"\"one two\"|2|7", "\" one  two \"|4|10",
        "\"\"|1|0", "\"\u00A0caf\u00E9\u001C\"|3|8", "\"a\u200Bb\"|1|5"})
    void aTextIsWeighedByWordsOrBytesAsPythonCountsThem(String text, int words, int bytes) {
        Item item = new Item(0, Map.of(), NONE, List.of(new Argument(null, text)), List.of(), List.of(), text,
                List.of(), null, 0);
        List<Likelihood> rows = List.of(new Likelihood(-7, false, 3));
        assertEquals(new Contribution(7, words), of("loglikelihood_rolling", "word_perplexity", item, rows));
        assertEquals(new Contribution(7, bytes), of("loglikelihood_rolling", "byte_perplexity", item, rows));
        assertEquals(new Contribution(7, bytes), of("loglikelihood_rolling", "bits_per_byte", item, rows));
    }
}
