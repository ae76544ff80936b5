package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.StoppedException;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchGeneratorTest {
    private static final GenerationSettings GREEDY = settings(16);
    private static final GenerationSettings SHORT = settings(2);

    /** A model in closed form: it repeats the prompt that it reads in the buffer, and how it was asked. */
    private static final class Echo implements TextGenerator {
        final List<Integer> lengths = new ArrayList<>();
        final List<Integer> rowsOfBatches = new ArrayList<>();
        final List<Long> seeds = new ArrayList<>();

        @Override
        public List<String> generate(LongBuffer prompts, int rows, int length, GenerationSettings settings,
                long seed) {
            assertTrue(prompts.isDirect() && prompts.order() == ByteOrder.nativeOrder());
            lengths.add(length);
            rowsOfBatches.add(rows);
            seeds.add(seed);
            return IntStream.range(0, rows).mapToObj(row -> {
                long[] ids = new long[(int) prompts.get(rows * length + row)];
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = prompts.get((row + 1) * length - ids.length + i);
                }
                return text(ids, settings);
            }).toList();
        }
    }

    private static GenerationSettings settings(int maxTokens) {
        return new GenerationSettings(List.of("\n"), maxTokens, Map.of("do_sample", false));
    }

    private static String text(long[] ids, GenerationSettings settings) {
        return Arrays.toString(ids) + settings.maxTokens();
    }

    /** Prompts of 1 to 30 tokens, every third with other settings; the seed is the place. */
    private static List<GenerationRequest> requests(int n) {
        Random random = new Random(4);
        return IntStream.range(0, n).mapToObj(i -> new GenerationRequest(
                random.ints(1 + random.nextInt(30), 1, 50).toArray(), i % 3 == 0 ? SHORT : settings(16), i)).toList();
    }

    private static Map<Integer, String> generate(TextGenerator model, int batchSize, List<GenerationRequest> requests,
            EvaluationProgress progress, BooleanSupplier cancelled) {
        Map<Integer, String> texts = new TreeMap<>();
        new BatchGenerator(model, batchSize).generate(requests,
                (text, request) -> assertEquals(null, texts.put(request, text)), progress, cancelled);
        return texts;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 500})
    void everyRequestGetsTheCompletionOfItsOwnPromptWithItsOwnSettings(int batchSize) {
        List<GenerationRequest> requests = requests(101);
        Map<Integer, String> texts = generate(new Echo(), batchSize, requests, (done, total) -> { }, () -> false);
        assertEquals(101, texts.size());
        for (int i = 0; i < requests.size(); i++) {
            GenerationRequest request = requests.get(i);
            assertEquals(text(Arrays.stream(request.prompt()).asLongStream().toArray(), request.settings()),
                    texts.get(i));
        }
    }

    @Test
    void requestsOfEqualSettingsShareBatchesLongestFirst() {
        Echo model = new Echo();
        List<GenerationRequest> requests = requests(30);
        generate(model, 8, requests, (done, total) -> { }, () -> false);
        assertEquals(List.of(8, 2, 8, 8, 4).stream().sorted().toList(), model.rowsOfBatches.stream().sorted().toList());
        int longest = requests.stream().mapToInt(request -> request.prompt().length).max().orElseThrow();
        assertEquals(longest, model.lengths.get(0));
        int second = model.rowsOfBatches.get(0) + model.rowsOfBatches.get(1) == 10 ? 2 : 3;
        for (List<Integer> group : List.of(model.lengths.subList(0, second), model.lengths.subList(second, 5))) {
            assertEquals(group.stream().sorted((a, b) -> b - a).toList(), group);
        }
    }

    @Test
    void atBatchSizeOneEachRequestDrawsWithItsOwnSeed() {
        Echo model = new Echo();
        generate(model, 1, requests(20), (done, total) -> { }, () -> false);
        assertEquals(IntStream.range(0, 20).mapToObj(Long::valueOf).toList(), model.seeds.stream().sorted().toList());
    }

    @Test
    void textsAreHandedOnBeforeTheNextBatchAndProgressCountsPrompts() {
        List<GenerationRequest> requests = List.of(new GenerationRequest(new int[] {1}, GREEDY, 0),
                new GenerationRequest(new int[] {1, 2, 3}, GREEDY, 0),
                new GenerationRequest(new int[] {1, 2}, GREEDY, 0));
        List<String> heard = new ArrayList<>();
        new BatchGenerator(new Echo(), 2).generate(requests, (text, request) -> heard.add("request " + request),
                (done, total) -> heard.add(done + " of " + total), () -> false);
        assertEquals(List.of("request 1", "request 2", "2 of 3", "request 0", "3 of 3"), heard);
    }

    @Test
    void cancellingEndsBetweenBatchesAndKeepsWhatIsDone() {
        AtomicInteger asked = new AtomicInteger();
        List<Integer> kept = new ArrayList<>();
        StoppedException stopped = assertThrows(StoppedException.class, () -> new BatchGenerator(new Echo(), 4)
                .generate(requests(20), (text, request) -> kept.add(request), (done, total) -> { },
                        () -> asked.incrementAndGet() > 2));
        assertTrue(stopped.getMessage().contains("after " + kept.size() + " of 20"), stopped.getMessage());
        assertTrue(kept.size() > 4 && kept.size() <= 8);
    }

    @Test
    void nothingToCompleteAsksTheModelNothing() {
        Echo model = new Echo();
        assertEquals(Map.of(), generate(model, 4, List.of(), (done, total) -> { }, () -> false));
        assertEquals(List.of(), model.lengths);
    }
}
