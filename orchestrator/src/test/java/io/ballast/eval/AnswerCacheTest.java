package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.StoppedException;
import io.ballast.data.Example;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerCacheTest {
    private static final Example ROW = new Example(new int[] {1, 5, 6}, 1);
    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("answers/model.jsonl");
    }

    private static GenerationRequest request(String until, int... prompt) {
        return new GenerationRequest(prompt, new GenerationSettings(List.of(until), 8,
                Map.of("do_sample", true, "temperature", 0.7, "top_p", 0.9, "top_k", 3)), 5);
    }

    @Test
    void whatWasSaidIsKnownToTheNextWhoAsksToTheBit() {
        Likelihood said = new Likelihood(-0.1 - 0.2, true, 2);
        try (AnswerCache cache = AnswerCache.open(file)) {
            cache.add(ROW, said);
            cache.add(request("\n", 1, 2), "a \"text\"\n\uD834\uDD1E");
            assertNull(cache.likelihood(ROW), "an evaluation asks once by itself");
        }
        try (AnswerCache cache = AnswerCache.open(file)) {
            assertEquals(said, cache.likelihood(new Example(new int[] {1, 5, 6}, 1)));
            assertEquals("a \"text\"\n\uD834\uDD1E", cache.text(request("\n", 1, 2)));
        }
    }

    @Test
    void anotherQuestionIsNotAnswered() {
        try (AnswerCache cache = AnswerCache.open(file)) {
            cache.add(ROW, new Likelihood(-1, true, 2));
            cache.add(request("\n", 1, 2), "text");
        }
        try (AnswerCache cache = AnswerCache.open(file)) {
            assertNull(cache.likelihood(new Example(new int[] {1, 5, 6}, 2)));
            assertNull(cache.likelihood(new Example(new int[] {1, 56}, 1)));
            assertNull(cache.text(request(".", 1, 2)));
            assertNull(cache.text(request("\n", 1)));
        }
    }

    @Test
    void aLineThatACrashCutOffIsAskedAgain() throws IOException {
        try (AnswerCache cache = AnswerCache.open(file)) {
            cache.add(ROW, new Likelihood(-1, true, 2));
        }
        Files.writeString(file, "{\"key\":\"0123", StandardOpenOption.APPEND);
        Example next = new Example(new int[] {7, 8}, 1);
        try (AnswerCache cache = AnswerCache.open(file)) {
            assertEquals(-1, cache.likelihood(ROW).logProbability());
            cache.add(next, new Likelihood(-3, false, 1));
        }
        try (AnswerCache cache = AnswerCache.open(file)) {
            assertEquals(-3, cache.likelihood(next).logProbability());
        }
    }

    @Test
    void aStoppedEvaluationGoesOnWithoutScoringAnItemTwice() throws IOException {
        Path texts = Files.writeString(folder.resolve("texts.jsonl"), IntStream.range(0, 40)
                .mapToObj(i -> "{\"text\": \"" + i + " is a number\"}").collect(Collectors.joining("\n")) + "\n");
        EvaluationTasks tasks = EvaluationTasks.of(List.of(new PerplexityTask("texts", Role.GENERAL,
                new TaskData(texts, null, null), null, "{text}", false)));
        try (Tokenizer tokenizer = CharacterTokenizer.in(folder, false)) {
            Evaluator evaluator = new Evaluator(tokenizer, new BigramScorer(CharacterTokenizer.VOCABULARY),
                    SmallTasks.NOTHING_GENERATED, 4, 100);
            List<Score> whole = evaluator.evaluate(tasks, AnswerCache.none(), (done, total) -> { }, () -> false)
                    .scores("base");
            AtomicLong done = new AtomicLong();
            try (AnswerCache cache = AnswerCache.open(file)) {
                assertThrows(StoppedException.class, () -> evaluator.evaluate(tasks, cache,
                        (now, total) -> done.set(now), () -> done.get() >= 12));
            }
            List<Long> progress = new ArrayList<>();
            try (AnswerCache cache = AnswerCache.open(file)) {
                assertEquals(whole, evaluator.evaluate(tasks, cache, (now, total) -> progress.add(now), () -> false)
                        .scores("base"));
            }
            assertEquals(done.get(), progress.get(0), "what is known counts as done");
            assertEquals(40, progress.get(progress.size() - 1));
            try (AnswerCache cache = AnswerCache.open(file)) {
                List<Long> again = new ArrayList<>();
                evaluator.evaluate(tasks, cache, (now, total) -> again.add(now), () -> false);
                assertEquals(List.of(40L), again);
            }
            assertTrue(done.get() >= 12 && done.get() < 40);
        }
    }
}
