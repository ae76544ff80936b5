package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LikelihoodTaskTest {
    private static final TaskData DATA = new TaskData(Path.of("x.jsonl"), null, null);

    private static Item item(int gold, String... choices) {
        return new Item(0, Map.of(), List.of(), List.of(choices), gold, List.of(), 0);
    }

    private static ItemResult result(Item item, double... logProbabilities) {
        return new LikelihoodTask("piqa", Role.GENERAL, Tasks.named("piqa"), DATA, Map.of()).result(item,
                Arrays.stream(logProbabilities).mapToObj(each -> new Likelihood(each, false, 1)).toList());
    }

    @Test
    void theFirstOfEquallyLikelyChoicesIsTaken() {
        assertEquals(true, result(item(0, "a", "b"), -1.5, -1.5).isRight(Metric.ACC));
        assertEquals(false, result(item(1, "a", "b"), -1.5, -1.5).isRight(Metric.ACC));
    }

    @Test
    void accNormDividesByCodePointsNotByUtf16UnitsOrBytes() {
        // Per code point −3 and −2; per UTF-16 unit −1.5 and −2; per byte −0.75 and −2.
        ItemResult result = result(item(1, "\uD83D\uDE00\uD83D\uDE00", "abc"), -6, -6.0);
        assertEquals(true, result.isRight(Metric.ACC_NORM));
        assertEquals(false, result.isRight(Metric.ACC));
    }

    @Test
    void aSingleContinuationIsRightWhenItIsTheGreedyOne() {
        LikelihoodTask lambada =
                new LikelihoodTask("lambada_openai", Role.GENERAL, Tasks.named("lambada_openai"), DATA, Map.of());
        Item item = new Item(0, Map.of(), List.of(), List.of(), " word", List.of(), 0);
        ItemResult result = lambada.result(item, List.of(new Likelihood(-2.5, true, 3)));
        assertEquals(true, result.isRight(Metric.ACC));
        // lm-eval's perplexity weighs each text once, however many tokens its last word has.
        assertEquals(new Contribution(2.5, 1), result.contributions().get("perplexity"));
    }
}
